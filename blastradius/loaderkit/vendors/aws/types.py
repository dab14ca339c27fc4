"""Resource types of CloudFormation and Terraform that are things of AWS: their family, ARN and name.

``ref`` says what CloudFormation's ``Ref`` gives of it: its name, or its ARN. ``role`` names the properties that hold
the role it acts as, ``policy`` the one with a policy of its own, in CloudFormation's and in Terraform's words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class AwsType:
    """One row: ``arn`` is the end of the ARN from the service on; ``name`` the property that names it."""

    family: str
    cloudformation: str
    cloudformation_name: str
    terraform: str
    terraform_name: str
    arn: str
    ref: Literal["name", "arn"] = "name"
    role: tuple[str, ...] = ()
    policy: tuple[str, ...] = ()

    def arn_of(self, name: str, region: str, account: str) -> str:
        """The ARN that AWS gives a thing of that name."""
        return "arn:aws:" + self.arn.format(name=name.lstrip("/"), region=region, account=account)


def _row(
    family: str, cloudformation: str, terraform: str, arn: str, ref: str = "name", role: str = "", policy: str = ""
) -> AwsType:
    """A row: type and name property of each, the end of the ARN, and more."""
    cf_type, _, cf_name = cloudformation.partition(" ")
    tf_type, _, tf_name = terraform.partition(" ")
    kind: Literal["name", "arn"] = "arn" if ref == "arn" else "name"
    return AwsType(
        family,
        f"AWS::{cf_type}",
        cf_name,
        f"aws_{tf_type}",
        tf_name,
        arn,
        kind,
        tuple(role.split()),
        tuple(policy.split()),
    )


_HERE = "{region}:{account}"

TYPES: tuple[AwsType, ...] = (
    _row("s3", "S3::Bucket BucketName", "s3_bucket bucket", "s3:::{name}", policy="policy"),
    _row("dynamodb", "DynamoDB::Table TableName", "dynamodb_table name", f"dynamodb:{_HERE}:table/{{name}}",
         policy="ResourcePolicy.PolicyDocument"),
    _row("dynamodb", "DynamoDB::GlobalTable TableName", "dynamodb_global_table name",
         f"dynamodb:{_HERE}:table/{{name}}"),
    _row("dynamodb", "Serverless::SimpleTable TableName", "", f"dynamodb:{_HERE}:table/{{name}}"),
    _row("rds", "RDS::DBInstance DBInstanceIdentifier", "db_instance identifier", f"rds:{_HERE}:db:{{name}}"),
    _row("rds", "RDS::DBCluster DBClusterIdentifier", "rds_cluster cluster_identifier",
         f"rds:{_HERE}:cluster:{{name}}"),
    _row("rds", "DocDB::DBCluster DBClusterIdentifier", "docdb_cluster cluster_identifier",
         f"rds:{_HERE}:cluster:{{name}}"),
    _row("rds", "Neptune::DBCluster DBClusterIdentifier", "neptune_cluster cluster_identifier",
         f"rds:{_HERE}:cluster:{{name}}"),
    _row("rds-snapshot", "", "db_snapshot db_snapshot_identifier", f"rds:{_HERE}:snapshot:{{name}}"),
    _row("redshift", "Redshift::Cluster ClusterIdentifier", "redshift_cluster cluster_identifier",
         f"redshift:{_HERE}:cluster:{{name}}"),
    _row("redshift", "RedshiftServerless::Workgroup WorkgroupName", "redshiftserverless_workgroup workgroup_name",
         f"redshift-serverless:{_HERE}:workgroup/{{name}}"),
    _row("secretsmanager", "SecretsManager::Secret Name", "secretsmanager_secret name",
         f"secretsmanager:{_HERE}:secret:{{name}}", "arn", policy="policy"),
    _row("ssm-parameter", "SSM::Parameter Name", "ssm_parameter name", f"ssm:{_HERE}:parameter/{{name}}"),
    _row("sqs", "SQS::Queue QueueName", "sqs_queue name", f"sqs:{_HERE}:{{name}}", "arn", policy="policy"),
    _row("sns", "SNS::Topic TopicName", "sns_topic name", f"sns:{_HERE}:{{name}}", "arn", policy="policy"),
    _row("kinesis", "Kinesis::Stream Name", "kinesis_stream name", f"kinesis:{_HERE}:stream/{{name}}"),
    _row("firehose", "KinesisFirehose::DeliveryStream DeliveryStreamName", "kinesis_firehose_delivery_stream name",
         f"firehose:{_HERE}:deliverystream/{{name}}"),
    _row("kms", "KMS::Key", "kms_key key_id", f"kms:{_HERE}:key/{{name}}", policy="KeyPolicy policy"),
    _row("logs", "Logs::LogGroup LogGroupName", "cloudwatch_log_group name", f"logs:{_HERE}:log-group:{{name}}"),
    _row("ecr", "ECR::Repository RepositoryName", "ecr_repository name", f"ecr:{_HERE}:repository/{{name}}",
         policy="RepositoryPolicyText"),
    _row("efs", "EFS::FileSystem", "efs_file_system id", f"elasticfilesystem:{_HERE}:file-system/{{name}}",
         policy="FileSystemPolicy"),
    _row("elasticache", "ElastiCache::ReplicationGroup ReplicationGroupId",
         "elasticache_replication_group replication_group_id", f"elasticache:{_HERE}:replicationgroup:{{name}}"),
    _row("elasticache", "ElastiCache::CacheCluster ClusterName", "elasticache_cluster cluster_id",
         f"elasticache:{_HERE}:cluster:{{name}}"),
    _row("elasticache", "MemoryDB::Cluster ClusterName", "memorydb_cluster name", f"memorydb:{_HERE}:cluster/{{name}}"),
    _row("opensearch", "OpenSearchService::Domain DomainName", "opensearch_domain domain_name",
         f"es:{_HERE}:domain/{{name}}", policy="AccessPolicies access_policies"),
    _row("opensearch", "Elasticsearch::Domain DomainName", "elasticsearch_domain domain_name",
         f"es:{_HERE}:domain/{{name}}", policy="AccessPolicies access_policies"),
    _row("glue-table", "Glue::Database", "glue_catalog_database name", f"glue:{_HERE}:database/{{name}}"),
    _row("backup", "Backup::BackupVault BackupVaultName", "backup_vault name", f"backup:{_HERE}:backup-vault:{{name}}",
         policy="AccessPolicy"),
    _row("volume", "EC2::Volume", "ebs_volume id", f"ec2:{_HERE}:volume/{{name}}"),
    _row("codecommit", "CodeCommit::Repository RepositoryName", "codecommit_repository repository_name",
         f"codecommit:{_HERE}:{{name}}"),
    _row("cognito", "Cognito::UserPool", "cognito_user_pool id", f"cognito-idp:{_HERE}:userpool/{{name}}"),
    _row("lambda", "Lambda::Function FunctionName", "lambda_function function_name",
         f"lambda:{_HERE}:function:{{name}}", role="Role role"),
    _row("lambda", "Serverless::Function FunctionName", "", f"lambda:{_HERE}:function:{{name}}", role="Role"),
    _row("instance", "EC2::Instance", "instance id", f"ec2:{_HERE}:instance/{{name}}"),
    _row("ecs", "ECS::Service ServiceName", "ecs_service name", f"ecs:{_HERE}:service/{{name}}", "arn"),
    _row("ecs", "ECS::TaskDefinition Family", "ecs_task_definition family",
         f"ecs:{_HERE}:task-definition/{{name}}", "arn",
         role="TaskRoleArn task_role_arn ExecutionRoleArn execution_role_arn"),
    _row("eks", "EKS::Cluster Name", "eks_cluster name", f"eks:{_HERE}:cluster/{{name}}", role="RoleArn role_arn"),
    _row("codebuild", "CodeBuild::Project Name", "codebuild_project name", f"codebuild:{_HERE}:project/{{name}}",
         role="ServiceRole service_role"),
    _row("states", "StepFunctions::StateMachine StateMachineName", "sfn_state_machine name",
         f"states:{_HERE}:stateMachine:{{name}}", "arn", role="RoleArn role_arn"),
    _row("states", "Serverless::StateMachine Name", "", f"states:{_HERE}:stateMachine:{{name}}", "arn", role="Role"),
    _row("glue-job", "Glue::Job Name", "glue_job name", f"glue:{_HERE}:job/{{name}}", role="Role role_arn"),
    _row("sagemaker", "SageMaker::NotebookInstance NotebookInstanceName", "sagemaker_notebook_instance name",
         f"sagemaker:{_HERE}:notebook-instance/{{name}}", "arn", role="RoleArn role_arn"),
    _row("sagemaker", "SageMaker::Endpoint EndpointName", "sagemaker_endpoint name",
         f"sagemaker:{_HERE}:endpoint/{{name}}", "arn"),
    _row("api", "ApiGateway::RestApi", "api_gateway_rest_api id", "apigateway:{region}::/restapis/{name}"),
    _row("api", "ApiGatewayV2::Api", "apigatewayv2_api id", "apigateway:{region}::/apis/{name}"),
    _row("api", "Serverless::Api", "", "apigateway:{region}::/restapis/{name}"),
    _row("api", "Serverless::HttpApi", "", "apigateway:{region}::/apis/{name}"),
)  # fmt: skip

IAM_NAMES = {
    "AWS::IAM::Role": ("role", "RoleName"),
    "AWS::IAM::User": ("user", "UserName"),
    "AWS::IAM::Group": ("group", "GroupName"),
    "AWS::IAM::ManagedPolicy": ("policy", "ManagedPolicyName"),
    "AWS::IAM::InstanceProfile": ("instance-profile", "InstanceProfileName"),
    "AWS::IAM::OIDCProvider": ("oidc-provider", "Url"),
    "AWS::IAM::SAMLProvider": ("saml-provider", "Name"),
}
BY_CLOUDFORMATION = {aws_type.cloudformation: aws_type for aws_type in TYPES if aws_type.cloudformation != "AWS::"}
BY_TERRAFORM = {aws_type.terraform: aws_type for aws_type in TYPES if aws_type.terraform != "aws_"}
