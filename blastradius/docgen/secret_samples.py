"""Texts with and without a secret, made when they are needed: no secret stands anywhere in one piece."""

from __future__ import annotations

import random
import re
import string
from typing import NamedTuple

_ALPHABETS = {
    "a": string.ascii_letters + string.digits,
    "b": string.ascii_letters + string.digits + "-_",
    "h": "0123456789abcdef",
    "u": string.ascii_uppercase + "234567",
    "l": string.ascii_lowercase + string.digits,
    "d": string.digits,
}


class Sample(NamedTuple):
    """A text of one kind; ``value`` is what must not come out of it, empty in a legitimate one."""

    kind: str
    text: str
    value: str = ""


_TOKENS = """
AWS access key id: AKIA{u16}; ASIA{u16}
AWS Bedrock API key: ABSK{a60}
GitHub token: ghp_{a36}; gho_{a36}; ghs_{a36}; ghr_{a36}
GitHub fine-grained token: github_pat_{a60}
GitLab token: glpat-{b20}; gldt-{b20}; glrt-{b20}; glptt-{h40}
Slack token: xoxb-{d12}-{d12}-{a24}; xoxp-{d12}-{d12}-{h32}; xapp-1-A{u10}-{d13}-{h64}
Stripe key: sk_live_{a24}; rk_live_{a24}; sk_test_{a24}
webhook signing secret: whsec_{a32}
Google API key: AIza{b35}
Google OAuth: GOCSPX-{b28}; ya29.{b60}; 1//0{b40}
Anthropic key: sk-ant-api03-{b93}
OpenAI key: sk-proj-{b48}; sk-svcacct-{b48}; sk-{a48}
other model providers: hf_{a34}; gsk_{a52}; xai-{a60}; r8_{a37}; pplx-{a48}; nvapi-{b60}
npm token: npm_{a36}
PyPI token: pypi-AgEI{b80}
RubyGems token: rubygems_{h48}
NuGet key: oy2{l43}
Docker Hub token: dckr_pat_{b27}; dckr_oat_{b27}
HashiCorp Vault token: hvs.{b90}; hvb.{b90}
Terraform Cloud token: atlasv1.{b60}
DigitalOcean token: dop_v1_{h64}
Databricks token: dapi{h32}
SendGrid key: SG.{b22}
Mailgun key: key-{h32}
Brevo key: xkeysib-{h64}
Shopify token: shpat_{h32}; shpss_{h32}
Square token: sq0atp-{b22}
New Relic key: NRAK-{u27}
Grafana token: glsa_{a32}; glc_{a40}
Sentry token: sntrys_{a40}
Sonar token: squ_{h40}
Atlassian token: ATATT3{b60}
Postman key: PMAK-{h24}
Linear, Figma, Notion token: lin_api_{a40}; figd_{b40}; ntn_{a40}
Airtable token: pat{a14}.{h64}
Doppler, Pulumi token: dp.pt.{a43}; pul-{h40}
Netlify, Render, Vercel token: nfp_{a36}; rnd_{a32}; vcp_{a32}
Supabase, PlanetScale, Aiven secret: sbp_{h40}; pscale_tkn_{b43}; AVNS_{b19}
Buildkite, CircleCI, Tailscale token: bkua_{h40}; CCIPAT_{b40}; tskey-auth-{a32}
JFrog key: AKCp{a69}
Dynatrace token: dt0c01.{u24}.{u64}
1Password token: ops_ey{a60}
OpenShift token: sha256~{b43}
age key: AGE-SECRET-KEY-1{u58}
Entra client secret: {a3}8Q~{b34}
Telegram bot token: {d9}:AA{b33}
JSON web token: eyJ{a20}.eyJ{a40}.{b43}
"""

_IN_CONTEXT = """
password={a12}
Pwd={a12}
DB_PASSWORD={a12}
password: {a12}
the password is {a12}
Passwort: {a12}
pass={a12}
passphrase: {a12}
dbPassword={a12}
'password': '{a12}'
client_secret={b32}
AWS_SECRET_ACCESS_KEY={a40}
api_key={h32}
apiKey: {h32}
x-api-key: {h32}
access_token={a40}
token: {a20}
token: {h40}
private_key={a40}
secret: {b24}
auth_token={h32}
{"token":"{a20}"}
AccountName=shop;AccountKey={a86}==
Endpoint=sb://shop.example/;SharedAccessKey={a43}=
Server=db;Database=app;User Id=app;Password={a12};
Server=db;Uid=app;Pwd={a12};
https://shop.example/c?sv=2024-11-04&ss=b&sig={a43}%3D
https://b.example/o?X-Amz-Signature={h64}
https://api.example/v1?key={a12}
https://fn.example/api/run?code={a54}==
postgres://app:{a12}@db:5432/app
https://u:{a12}@api.example/v1
redis://:{a16}@cache:6379/0
sftp://acme:{a12}@ftp.example
amqps://app:{a12}@mq.example/v
https://{a40}@git.example/team/shop
mongodb+srv://app:{a12}@cluster.example/app
Authorization: Bearer {a40}
Authorization: Basic {a28}==
bearer {a40}
curl -u app:{a12} https://api.example
login --password {a12}
deploy --token {a24}
https://hooks.slack.com/services/T{a8}/B{a8}/{a24}
https://discord.com/api/webhooks/{d18}/{b60}
https://shop.webhook.office.com/webhookb2/{h36}/IncomingWebhook/{h32}
-----BEGIN RSA PRIVATE KEY----- {a64}
-----BEGIN OPENSSH PRIVATE KEY----- {a64}
-----BEGIN PRIVATE KEY----- {a64}
-----BEGIN PGP PRIVATE KEY BLOCK----- {a64}
"""
_LEGITIMATE = r"""
UUID
    550e8400-e29b-41d4-a716-446655440000
    {h8}-{h4}-4{h3}-a{h3}-{h12}
    urn:uuid:{h8}-{h4}-4{h3}-a{h3}-{h12}
hash
    {h32}
    {h40}
    {h64}
    sha256:{h64}
    md5:{h32}
    sha512-{a86}==
    W/"{h32}"
image digest
    ghcr.io/shop/web@sha256:{h64}
    registry.example:5000/team/app:1.2.3
    123456789012.dkr.ecr.eu-west-1.amazonaws.com/app@sha256:{h64}
package version
    pkg:npm/%40angular/core@17.3.1
    pkg:pypi/requests@2.32.3
    npm_package_config_registry
    pypi-simple-index-mirror
    org.apache.logging.log4j:log4j-core:2.24.1
    token@1.4.2
    @okta/token-verifier@4.1.0
ARN
    arn:aws:iam::111122223333:role/deploy
    arn:aws:secretsmanager:eu-west-1:111122223333:secret:orders/db-1a2B3c
    arn:aws:ssm:eu-west-1:111122223333:parameter/db/password
    arn:aws:kms:eu-west-1:111122223333:key/{h8}-{h4}-4{h3}-a{h3}-{h12}
    AROA{u17}
    AIDA{u17}
other cloud's name
    projects/shop/secrets/db-password/versions/3
    //secretmanager.googleapis.com/projects/1/secrets/x2
    /subscriptions/{h8}-{h4}-4{h3}-a{h3}-{h12}/resourceGroups/rg1
    secretmanager.versions.access
    https://shop.vault.azure.net/secrets/db-password/{h32}
    ocid1.instance.oc1.phx.{l60}
host name
    api.shop.example
    ip-10-0-1-17.eu-west-1.compute.internal
    ec2-54-1-2-3.compute-1.amazonaws.com
    token.actions.githubusercontent.com
    secret-store.shop.svc.cluster.local:8200
    {l13}.lambda-url.eu-west-1.on.aws
workload name
    web-7d4b9c6f5d-x2k8p
    secret-sync-29dk4
    token-service-v2
    key-7f3a
    sk-learn-training-job2
    task-sk-42
    default-token-x7k2p
path
    /v1/secret:rotate2
    /v1/token:oauth2
    /oauth/token:introspect2
    /users/{id}/password:reset2
    /reset?token={token}
    /v1/projects/{project}/secrets/{secret}:access
    /etc/passwd
    C:\Users\app\token.txt
    /api/password/reset
    /callback?code=EU&key=orders
    cat: /etc/passwd': No such file
    open '/etc/passwd': Permission denied
scope
    token:oauth2
    secret:rotate2
    secrets:read
    user:token:read
    token:write_all
    password:reset2
    https://www.googleapis.com/auth/cloud-platform
    api_key:manage
    token:v2
    openid profile offline_access
    token:client-credentials2
    Secret.ReadWrite.All
    credential:issue2
operation id
    getToken
    rotateSecret2
    passwordReset
    PasswordAuthenticator2
    UpdateSecretVersion
    api_key_list
    tokenExchange_v2
setting
    token_url=https://id.example/oauth/token
    password=${DB_PASSWORD}
    token=$TOKEN
    password={{ vault_password }}
    secret=<your secret>
    max_tokens=4096
    token_type=bearer2
    password=********
    secretName: orders-db
    secretKeyRef: db-password
    password_policy=strong2
    pwd=/srv/app
    api_key: string
    token: optional, 1 hour
    PASSWORD = $database_password
    password=none
    password = secrets.generate(12)
    Wrong password: `AuthError`
    xoxa-access-token-string
sentence
    password reset
    The token: see the portal
    Bearer authentication
    basic auth2 only
    Secrets: none are stored
    API key management 2.0
    Token exchange (RFC 8693)
    Password: required
    passwords are rotated every 90 days
    tokens expire in 15m
    bearer tokens of tenant 42
public key
    ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{a43} deploy
    ssh-rsa AAAAB3NzaC1yc2E{a200}
    -----BEGIN PUBLIC KEY----- MIIBIjANBgkqhkiG9w0B{a120}
    -----BEGIN CERTIFICATE----- MIID{a200}
    SHA256:{a43}
    {a172}=
trace id
    00-{h32}-{h16}-01
    {h16}
    1-{h8}-{h24}
    Root=1-{h8}-{h24};Parent={h16};Sampled=1
address
    https://api.shop.example/v1
    postgres://db:5432/app
    ssh://git@github.com/shop/web.git
    git@github.com:shop/web.git
    https://{user}:{password}@host.example
    mailto:token@shop.example
    https://shop.example/a:b@c
    oidc://id.example:8443/realms/shop
    https://hooks.slack.com/services
other id
    0oa{a17}
    prod_{a14}
    cus_{a14}
    acct_{a16}
    G-{u10}
    UA-12345678-1
    00D{a15}
    spn:{h8}
    S-1-5-21-1004336348-1177238915-682003330-512
    CN=shop,OU=IT,DC=corp,DC=example
    sub|auth0|{h24}
    {a22}
    {a11}
"""


def planted() -> list[Sample]:
    """A text for each kind of secret that is recognised, the same at every call."""
    chance = random.Random(1)  # noqa: S311 - samples, not keys
    rows = [line.split(": ", 1) for line in _TOKENS.strip().splitlines()]
    shapes = [(kind, shape) for kind, listed in rows for shape in listed.split("; ")]
    shapes += [("by what stands before it", shape) for shape in _IN_CONTEXT.strip().splitlines()]
    return [_made(chance, kind, shape) for kind, shape in shapes]


def legitimate() -> list[Sample]:
    """Names and sentences of estates that are no secret, the same at every call."""
    chance = random.Random(2)  # noqa: S311 - samples, not keys
    kind, found = "", []
    for line in _LEGITIMATE.strip().splitlines():
        if line.startswith(" "):
            found.append(_made(chance, kind, line.strip())._replace(value=""))
        else:
            kind = line
    return found


def _made(chance: random.Random, kind: str, shape: str) -> Sample:
    """A text of a shape, ``{a12}`` in it being twelve characters of the alphabet ``a``, by chance."""
    pieces = re.split(r"\{([abhuld]\d+)\}", shape)
    pieces[1::2] = [_by_chance(chance, piece) for piece in pieces[1::2]]
    return Sample(kind, "".join(pieces), max(pieces[1::2], key=len, default=""))


def _by_chance(chance: random.Random, shape: str) -> str:
    """Characters by chance, digits and letters among them, as in what a vendor makes."""
    made = ""
    while not made or (len(made) >= 8 and (made.isalpha() or (made.isdecimal() and shape[0] != "d"))):
        made = "".join(chance.choices(_ALPHABETS[shape[0]], k=int(shape[1:])))
    return made
