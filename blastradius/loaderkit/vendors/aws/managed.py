"""AWS's own managed policies that are much used, in short: for files that attach them without their documents."""

from __future__ import annotations

from blastradius.loaderkit.json_values import Keys
from blastradius.loaderkit.vendors.aws.policies import Statement

_LOGS = "logs:PutLogEvents"
_SHORT: dict[str, str] = {
    "AdministratorAccess": "*",
    "ReadOnlyAccess": "s3:Get* dynamodb:GetItem dynamodb:BatchGetItem dynamodb:Query dynamodb:Scan ssm:Get* "
    "kinesis:Get* logs:Get* logs:FilterLogEvents ecr:BatchGetImage codecommit:GitPull lambda:Get* "
    "cognito-idp:ListUsers es:ESHttpGet sqs:ReceiveMessage",
    "AWSDenyAll": "",
    "ViewOnlyAccess": "cognito-idp:ListUsers",
    "SecurityAudit": "cognito-idp:ListUsers",
    "Billing": "",
    "IAMFullAccess": "iam:*",
    "IAMReadOnlyAccess": "",
    "AmazonS3FullAccess": "s3:*",
    "AmazonS3ReadOnlyAccess": "s3:Get*",
    "AmazonDynamoDBFullAccess": "dynamodb:* sns:Subscribe sns:SetTopicAttributes sns:DeleteTopic "
    "lambda:CreateEventSourceMapping lambda:DeleteFunction",
    "AmazonDynamoDBReadOnlyAccess": "dynamodb:GetItem dynamodb:BatchGetItem dynamodb:Query dynamodb:Scan "
    "dynamodb:PartiQLSelect",
    "AmazonRDSFullAccess": "rds:* sns:Publish logs:GetLogEvents",
    "AmazonRDSDataFullAccess": "rds-data:* secretsmanager:GetSecretValue",
    "AmazonRDSReadOnlyAccess": "logs:GetLogEvents",
    "AmazonRDSEnhancedMonitoringRole": _LOGS,
    "AmazonRedshiftFullAccess": "redshift:* redshift-data:*",
    "SecretsManagerReadWrite": "secretsmanager:* cloudformation:CreateChangeSet cloudformation:ExecuteChangeSet",
    "AmazonSSMFullAccess": "ssm:* logs:*",
    "AmazonSSMReadOnlyAccess": "ssm:Get*",
    "AmazonSSMManagedInstanceCore": "ssm:GetParameter ssm:GetParameters",
    "AmazonSQSFullAccess": "sqs:*",
    "AmazonSQSReadOnlyAccess": "",
    "AmazonSNSFullAccess": "sns:*",
    "AmazonSNSReadOnlyAccess": "",
    "AmazonKinesisFullAccess": "kinesis:*",
    "AmazonKinesisReadOnlyAccess": "kinesis:Get*",
    "AmazonKinesisFirehoseFullAccess": "firehose:*",
    "AmazonEC2FullAccess": "ec2:*",
    "AmazonEC2ReadOnlyAccess": "",
    "AmazonECS_FullAccess": "ecs:* iam:PassRole cloudformation:CreateStack cloudformation:UpdateStack "
    "cloudformation:DeleteStack logs:FilterLogEvents",
    "AmazonECSTaskExecutionRolePolicy": f"ecr:BatchGetImage ecr:GetDownloadUrlForLayer {_LOGS}",
    "AmazonEC2ContainerRegistryFullAccess": "ecr:*",
    "AmazonEC2ContainerRegistryReadOnly": "ecr:BatchGetImage ecr:GetDownloadUrlForLayer",
    "AmazonEC2ContainerRegistryPowerUser": "ecr:BatchGetImage ecr:GetDownloadUrlForLayer ecr:PutImage "
    "ecr:UploadLayerPart",
    "AmazonElasticFileSystemClientReadWriteAccess": "elasticfilesystem:ClientMount elasticfilesystem:ClientWrite",
    "AmazonAPIGatewayInvokeFullAccess": "execute-api:Invoke",
    "CloudWatchLogsFullAccess": "logs:*",
    "CloudWatchLogsReadOnlyAccess": "logs:Get* logs:FilterLogEvents logs:StartQuery",
    "CloudWatchAgentServerPolicy": f"{_LOGS} ssm:GetParameter",
    "CloudWatchReadOnlyAccess": "logs:Get* logs:FilterLogEvents",
    "AWSLambda_FullAccess": "lambda:* iam:PassRole",
    "AWSLambda_ReadOnlyAccess": "logs:FilterLogEvents logs:GetLogEvents",
    "AWSLambdaRole": "lambda:InvokeFunction",
    "AWSLambdaExecute": f"s3:GetObject s3:PutObject {_LOGS}",
    "AWSLambdaBasicExecutionRole": _LOGS,
    "AWSLambdaVPCAccessExecutionRole": _LOGS,
    "AWSLambdaSQSQueueExecutionRole": f"sqs:ReceiveMessage sqs:DeleteMessage {_LOGS}",
    "AWSLambdaDynamoDBExecutionRole": f"dynamodb:GetRecords {_LOGS}",
    "AWSLambdaKinesisExecutionRole": f"kinesis:GetRecords {_LOGS}",
    "AWSXRayDaemonWriteAccess": "",
    "AWSCloudFormationFullAccess": "cloudformation:*",
    "AWSCodeBuildAdminAccess": "codebuild:* logs:GetLogEvents",
    "AWSCodeCommitFullAccess": "codecommit:*",
    "AWSCodeCommitPowerUser": "codecommit:GitPull codecommit:GitPush",
    "AWSKeyManagementServicePowerUser": "",
    "AWSStepFunctionsFullAccess": "states:*",
    "AWSGlueConsoleFullAccess": "glue:* s3:GetObject s3:PutObject iam:PassRole",
}
_POWER = ("iam:*", "organizations:*", "account:*")


def known_policy(arn: str, keys: Keys) -> Statement | None:
    """A managed policy of AWS as one statement on every resource, or ``None`` where it is not known here."""
    if ":aws:policy/" not in arn:
        return None
    name = arn.rpartition("/")[2]
    if name == "PowerUserAccess":
        return Statement(keys, allow=True, not_actions=_POWER, resources=("*",))
    actions = _SHORT.get(name)
    return None if actions is None else Statement(keys, allow=True, actions=tuple(actions.split()), resources=("*",))
