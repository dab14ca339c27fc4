"""What CloudFormation, Terraform and the IAM exports of AWS share: policies, trust, ARNs and what they open."""
