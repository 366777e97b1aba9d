"""Makes users and a role in the moto at the given address, before it checks signatures, and prints their keys as JSON. Run with moto's
own interpreter, by start.py."""
import json
import sys

import boto3

ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
ANYBODY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}


def client(service):
    return boto3.client(service, endpoint_url=sys.argv[1], region_name="us-east-1", aws_access_key_id="nobody", aws_secret_access_key="nobody")


def variables(key, secret, token=""):
    return {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_SESSION_TOKEN": token}


def user(iam, name):
    iam.create_user(UserName=name)
    made = iam.create_access_key(UserName=name)["AccessKey"]
    return variables(made["AccessKeyId"], made["SecretAccessKey"])


def role(iam):
    made = iam.create_role(RoleName="visitor", AssumeRolePolicyDocument=json.dumps(ANYBODY))["Role"]
    iam.put_role_policy(RoleName="visitor", PolicyName="all", PolicyDocument=json.dumps(ALL))
    keys = client("sts").assume_role(RoleArn=made["Arn"], RoleSessionName="peers")["Credentials"]
    return made["Arn"], variables(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])


def main():
    iam = client("iam")
    keys = user(iam, "peers")
    iam.put_user_policy(UserName="peers", PolicyName="all", PolicyDocument=json.dumps(ALL))
    arn, visitor = role(iam)
    print(json.dumps({"keys": keys, "stranger": user(iam, "stranger"), "role": arn, "visitor": visitor}))


if __name__ == "__main__":
    main()
