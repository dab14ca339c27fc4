"""Families of AWS resources: what their ARNs look like, and which actions read, write, control, stop or call them.

Actions that only list or describe are not here on purpose: they open no data. An action or a service that is
not here is permitted but touches nothing that is modelled, and the loaders say so.

Rests on the Service Authorization Reference: the actions, resource types and ARNs of each service.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import translate
from functools import lru_cache
from types import MappingProxyType

from blastradius.model import Kind

EFFECTS = ("read", "write", "control", "disable", "call", "assume", "pass", "mint")


@dataclass(frozen=True)
class Family:
    """One kind of resource. ``resource`` matches the last part of an ARN: the thing itself, then a part of it."""

    name: str
    kind: Kind
    services: tuple[str, ...]
    resource: re.Pattern[str]
    actions: Mapping[str, tuple[str, ...]] = field(hash=False)

    @property
    def effects(self) -> tuple[str, ...]:
        """What can be done to it."""
        return tuple(effect for effect in EFFECTS if effect in self.actions)


def _family(name: str, kind: Kind, services: str, resource: str, **actions: str) -> Family:
    listed = {effect: tuple(_spelled(names)) for effect, names in actions.items()}
    return Family(name, kind, tuple(services.split()), re.compile(resource), MappingProxyType(listed))


def _spelled(names: str) -> Iterator[str]:
    """``s3: GetObject PutObject`` as full action names."""
    service = ""
    for word in names.split():
        if word.endswith(":"):
            service = word
        else:
            yield service + word


_STORE, _SERVICE = Kind.STORE, Kind.SERVICE

FAMILIES: tuple[Family, ...] = (
    _family("s3", _STORE, "s3", r"([^/]+)(/.*)?",
            read="s3: GetObject GetObjectVersion GetObjectVersionForReplication GetObjectTorrent SelectObjectContent",
            write="s3: PutObject DeleteObject DeleteObjectVersion RestoreObject ReplicateObject ReplicateDelete "
                  "PutObjectAcl PutObjectVersionAcl PutObjectRetention BypassGovernanceRetention",
            control="s3: PutBucketPolicy DeleteBucketPolicy PutBucketAcl PutBucketPublicAccessBlock "
                    "PutAccountPublicAccessBlock PutAccessPointPolicy PutReplicationConfiguration "
                    "PutLifecycleConfiguration PutBucketOwnershipControls",
            disable="s3: DeleteBucket"),
    _family("dynamodb", _STORE, "dynamodb", r"(table/[^/]+)(/.*)?",
            read="dynamodb: GetItem BatchGetItem Query Scan GetRecords PartiQLSelect ExportTableToPointInTime",
            write="dynamodb: PutItem UpdateItem DeleteItem BatchWriteItem PartiQLInsert PartiQLUpdate PartiQLDelete",
            control="dynamodb: PutResourcePolicy UpdateTable",
            disable="dynamodb: DeleteTable"),
    _family("rds", _STORE, "rds rds-db", r"((?:db|cluster):[^:]+|dbuser:[^/]+)(/.*)?",
            read="rds-db: connect rds-data: ExecuteStatement BatchExecuteStatement ExecuteSql",
            write="rds-db: connect rds-data: ExecuteStatement BatchExecuteStatement ExecuteSql",
            control="rds: ModifyDBInstance ModifyDBCluster CreateDBSnapshot CreateDBClusterSnapshot",
            disable="rds: DeleteDBInstance DeleteDBCluster StopDBInstance StopDBCluster"),
    _family("rds-snapshot", _STORE, "rds", r"((?:cluster-)?snapshot:.+)",
            read="rds: CopyDBSnapshot CopyDBClusterSnapshot RestoreDBInstanceFromDBSnapshot "
                 "RestoreDBClusterFromSnapshot StartExportTask",
            control="rds: ModifyDBSnapshotAttribute ModifyDBClusterSnapshotAttribute",
            disable="rds: DeleteDBSnapshot DeleteDBClusterSnapshot"),
    _family("redshift", _STORE, "redshift redshift-serverless",
            r"(cluster:[^/]+|workgroup/.+|dbuser:[^/]+|dbname:[^/]+)(/.*)?",
            read="redshift: GetClusterCredentials GetClusterCredentialsWithIAM redshift-serverless: GetCredentials "
                 "redshift-data: ExecuteStatement BatchExecuteStatement GetStatementResult",
            write="redshift: GetClusterCredentials GetClusterCredentialsWithIAM redshift-serverless: GetCredentials "
                  "redshift-data: ExecuteStatement BatchExecuteStatement",
            control="redshift: ModifyCluster CreateClusterUser",
            disable="redshift: DeleteCluster PauseCluster"),
    _family("secretsmanager", _STORE, "secretsmanager", r"(secret:.+)",
            read="secretsmanager: GetSecretValue BatchGetSecretValue",
            write="secretsmanager: PutSecretValue UpdateSecret RotateSecret",
            control="secretsmanager: PutResourcePolicy DeleteResourcePolicy",
            disable="secretsmanager: DeleteSecret"),
    _family("ssm-parameter", _STORE, "ssm", r"(parameter/.+)",
            read="ssm: GetParameter GetParameters GetParametersByPath GetParameterHistory",
            write="ssm: PutParameter",
            disable="ssm: DeleteParameter DeleteParameters"),
    _family("sqs", _STORE, "sqs", r"([^:/]+)",
            read="sqs: ReceiveMessage",
            write="sqs: SendMessage DeleteMessage PurgeQueue",
            control="sqs: SetQueueAttributes AddPermission",
            disable="sqs: DeleteQueue"),
    _family("sns", _STORE, "sns", r"([^:/]+)(:.*)?",
            read="sns: Subscribe Receive",
            write="sns: Publish PublishBatch",
            control="sns: SetTopicAttributes AddPermission",
            disable="sns: DeleteTopic"),
    _family("kinesis", _STORE, "kinesis", r"(stream/[^/]+)(/.*)?",
            read="kinesis: GetRecords SubscribeToShard",
            write="kinesis: PutRecord PutRecords",
            control="kinesis: PutResourcePolicy",
            disable="kinesis: DeleteStream"),
    _family("firehose", _STORE, "firehose", r"(deliverystream/.+)",
            write="firehose: PutRecord PutRecordBatch",
            control="firehose: UpdateDestination",
            disable="firehose: DeleteDeliveryStream"),
    _family("kms", _STORE, "kms", r"((?:key|alias)/.+)",
            read="kms: Decrypt GenerateDataKey GenerateDataKeyPair ReEncryptFrom DeriveSharedSecret",
            write="kms: Sign GenerateMac",
            control="kms: PutKeyPolicy CreateGrant",
            disable="kms: ScheduleKeyDeletion DisableKey DeleteImportedKeyMaterial"),
    _family("logs", _STORE, "logs", r"(log-group:[^:]+)(:.*)?",
            read="logs: GetLogEvents FilterLogEvents StartQuery GetQueryResults StartLiveTail Unmask CreateExportTask",
            write="logs: PutLogEvents",
            control="logs: PutSubscriptionFilter PutResourcePolicy",
            disable="logs: DeleteLogGroup DeleteLogStream"),
    _family("ecr", _STORE, "ecr", r"(repository/.+)",
            read="ecr: BatchGetImage GetDownloadUrlForLayer",
            write="ecr: PutImage UploadLayerPart BatchDeleteImage",
            control="ecr: SetRepositoryPolicy",
            disable="ecr: DeleteRepository"),
    _family("efs", _STORE, "elasticfilesystem", r"(file-system/.+)",
            read="elasticfilesystem: ClientMount ClientRootAccess",
            write="elasticfilesystem: ClientWrite ClientRootAccess",
            control="elasticfilesystem: PutFileSystemPolicy",
            disable="elasticfilesystem: DeleteFileSystem"),
    _family("elasticache", _STORE, "elasticache memorydb",
            r"((?:cluster|replicationgroup|serverlesscache)[:/].+)",
            read="elasticache: Connect memorydb: Connect",
            write="elasticache: Connect memorydb: Connect",
            control="elasticache: ModifyReplicationGroup memorydb: UpdateCluster",
            disable="elasticache: DeleteReplicationGroup DeleteCacheCluster memorydb: DeleteCluster"),
    _family("opensearch", _STORE, "es aoss", r"((?:domain|collection)/[^/]+)(/.*)?",
            read="es: ESHttpGet ESHttpPost aoss: APIAccessAll",
            write="es: ESHttpPut ESHttpPost ESHttpDelete ESHttpPatch aoss: APIAccessAll",
            control="es: UpdateDomainConfig UpdateElasticsearchDomainConfig aoss: UpdateAccessPolicy",
            disable="es: DeleteDomain DeleteElasticsearchDomain aoss: DeleteCollection"),
    _family("neptune", _STORE, "neptune-db", r"([^/]+)(/.*)?",
            read="neptune-db: connect ReadDataViaQuery",
            write="neptune-db: connect WriteDataViaQuery DeleteDataViaQuery"),
    _family("glue-table", _STORE, "glue", r"((?:table|database)/.+)",
            read="lakeformation: GetDataAccess",
            control="glue: UpdateTable PutResourcePolicy lakeformation: GrantPermissions PutDataLakeSettings",
            disable="glue: DeleteTable DeleteDatabase BatchDeleteTable"),
    _family("backup", _STORE, "backup", r"(backup-vault:.+)",
            read="backup: StartRestoreJob CopyFromBackupVault",
            control="backup: PutBackupVaultAccessPolicy DeleteBackupVaultLockConfiguration",
            disable="backup: DeleteRecoveryPoint DeleteBackupVault"),
    _family("volume", _STORE, "ec2", r"((?:snapshot|volume|image)/.+)",
            read="ebs: GetSnapshotBlock ec2: CreateSnapshot CreateSnapshots CopySnapshot CreateVolume AttachVolume "
                 "CopyImage CreateImage",
            control="ec2: ModifySnapshotAttribute ModifyImageAttribute",
            disable="ec2: DeleteSnapshot DeleteVolume DetachVolume DeregisterImage"),
    _family("codecommit", _STORE, "codecommit", r"([^:/]+)",
            read="codecommit: GitPull GetFile GetFolder GetBlob",
            write="codecommit: GitPush PutFile CreateCommit MergePullRequestByFastForward DeleteFile",
            disable="codecommit: DeleteRepository"),
    _family("cognito", _STORE, "cognito-idp", r"(userpool/.+)",
            read="cognito-idp: ListUsers AdminGetUser",
            write="cognito-idp: AdminCreateUser AdminUpdateUserAttributes AdminSetUserPassword AdminDeleteUser",
            control="cognito-idp: UpdateUserPool UpdateUserPoolClient SetUserPoolMfaConfig CreateIdentityProvider",
            disable="cognito-idp: DeleteUserPool"),
    _family("lambda", _SERVICE, "lambda", r"(function:[^:]+)(:.*)?",
            call="lambda: InvokeFunction InvokeAsync InvokeFunctionUrl CreateEventSourceMapping",
            control="lambda: UpdateFunctionCode UpdateFunctionConfiguration AddPermission PublishLayerVersion "
                    "UpdateAlias",
            disable="lambda: DeleteFunction PutFunctionConcurrency"),
    _family("instance", _SERVICE, "ec2 ssm", r"((?:instance|managed-instance)/.+)",
            control="ssm: SendCommand StartSession CreateAssociation StartAutomationExecution "
                    "ec2-instance-connect: SendSSHPublicKey SendSerialConsoleSSHPublicKey "
                    "ec2: ModifyInstanceAttribute AssociateIamInstanceProfile ReplaceIamInstanceProfileAssociation",
            disable="ec2: TerminateInstances StopInstances RebootInstances"),
    _family("ecs", _SERVICE, "ecs", r"((?:service|task|task-definition|container-instance)/.+)",
            control="ecs: ExecuteCommand UpdateService RunTask StartTask RegisterTaskDefinition CreateService",
            disable="ecs: DeleteService StopTask"),
    _family("eks", _SERVICE, "eks", r"(cluster/[^/]+)(/.*)?",
            control="eks: CreateAccessEntry AssociateAccessPolicy UpdateClusterConfig",
            disable="eks: DeleteCluster DeleteNodegroup"),
    _family("codebuild", _SERVICE, "codebuild", r"(project/.+)",
            control="codebuild: StartBuild StartBuildBatch UpdateProject",
            disable="codebuild: DeleteProject"),
    _family("states", _SERVICE, "states", r"((?:stateMachine|execution):[^:]+)(:.*)?",
            call="states: StartExecution StartSyncExecution",
            control="states: UpdateStateMachine",
            disable="states: DeleteStateMachine StopExecution"),
    _family("glue-job", _SERVICE, "glue", r"((?:job|devEndpoint)/.+)",
            call="glue: StartJobRun",
            control="glue: UpdateJob CreateJob UpdateDevEndpoint CreateDevEndpoint",
            disable="glue: DeleteJob"),
    _family("sagemaker", _SERVICE, "sagemaker", r"((?:notebook-instance|endpoint|domain|user-profile)/.+)",
            call="sagemaker: InvokeEndpoint",
            control="sagemaker: CreatePresignedNotebookInstanceUrl CreatePresignedDomainUrl UpdateNotebookInstance",
            disable="sagemaker: DeleteEndpoint DeleteNotebookInstance"),
    _family("api", _SERVICE, "execute-api apigateway", r"(/(?:restapis|apis)/[^/]+|[^/]+)(/.*)?",
            call="execute-api: Invoke ManageConnections",
            control="apigateway: PUT POST PATCH UpdateRestApiPolicy",
            disable="apigateway: DELETE"),
    _family("stack", _SERVICE, "cloudformation", r"(stack/[^/]+)(/.*)?",
            control="cloudformation: CreateStack UpdateStack CreateChangeSet ExecuteChangeSet SetStackPolicy",
            disable="cloudformation: DeleteStack"),
    _family("identity", _SERVICE, "iam", r"((?:user|role|group)/.+)",
            control="iam: AttachUserPolicy AttachRolePolicy AttachGroupPolicy PutUserPolicy PutRolePolicy "
                    "PutGroupPolicy AddUserToGroup UpdateAssumeRolePolicy CreatePolicyVersion SetDefaultPolicyVersion "
                    "DeleteUserPermissionsBoundary DeleteRolePermissionsBoundary EnableMFADevice",
            disable="iam: DeleteUser DeleteRole DeleteAccessKey DeleteLoginProfile"),
    _family("role", _SERVICE, "iam", r"(role/.+)",
            assume="sts: AssumeRole AssumeRoleWithSAML AssumeRoleWithWebIdentity", **{"pass": "iam: PassRole"}),
    _family("user", _SERVICE, "iam", r"(user/.+)",
            mint="iam: CreateAccessKey CreateLoginProfile UpdateLoginProfile CreateServiceSpecificCredential"),
)  # fmt: skip

BY_NAME = {family.name: family for family in FAMILIES}
BY_SERVICE: dict[str, tuple[Family, ...]] = {
    service: tuple(family for family in FAMILIES if service in family.services)
    for service in sorted({name for family in FAMILIES for name in family.services})
}

Effects = frozenset[tuple[str, str]]
"""Pairs of a family's name and an effect."""


def _by_action() -> dict[str, dict[str, Effects]]:
    """For each service prefix its actions, in lower case, with what they do."""
    found: dict[str, dict[str, Effects]] = defaultdict(dict)
    for family in FAMILIES:
        for effect, actions in family.actions.items():
            for action in actions:
                service, _, name = action.lower().partition(":")
                found[service][name] = found[service].get(name, frozenset()) | {(family.name, effect)}
    return dict(found)


_ACTIONS = _by_action()
EVERYTHING: Effects = frozenset((family.name, effect) for family in FAMILIES for effect in family.effects)


@lru_cache(maxsize=4096)
def effects_of(pattern: str) -> Effects:
    """What an action pattern such as ``s3:Get*`` lets one do."""
    service, _, name = pattern.lower().partition(":")
    if service == "*":
        return EVERYTHING
    known = _ACTIONS.get(service, {})
    if "*" not in name and "?" not in name:
        return known.get(name, frozenset())
    fits = re.compile(translate(_plain(name))).fullmatch
    return frozenset(pair for action, does in known.items() if fits(action) for pair in does)


@lru_cache(maxsize=4096)
def effects_but(patterns: tuple[str, ...]) -> Effects:
    """What is left to do where all actions but these are allowed."""
    fit = [re.compile(translate(_plain(pattern.lower()))).fullmatch for pattern in patterns]
    return frozenset(
        pair
        for service, actions in _ACTIONS.items()
        for action, does in actions.items()
        if not any(fits(f"{service}:{action}") for fits in fit)
        for pair in does
    )


def known_service(pattern: str) -> bool:
    """Whether the table has the service that an action pattern names."""
    return pattern.partition(":")[0].lower() in _ACTIONS or pattern.startswith("*")


def _plain(pattern: str) -> str:
    """IAM knows ``*`` and ``?`` only; a bracket stands for itself."""
    return pattern.replace("[", "[[]")
