"""What the kinds of nodes and edges of well-known BloodHound collectors mean in our terms."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from blastradius.model import Basis, Kind, Verb


class Role(StrEnum):
    """What a node of a vocabulary is: one of our entities, or several that belong together.

    An ``account`` is what acts as it and the key it signs in with; ``members`` act with the rights of a group or a
    role; a ``directory`` is a domain with the secrets of its accounts; a ``repository`` is its content and what its
    workflows run as; a ``token`` is a credential with permissions.
    """

    ACCOUNT = "account"
    MEMBERS = "members"
    DIRECTORY = "directory"
    REPOSITORY = "repository"
    TOKEN = "token"  # noqa: S105 - a role's name, not a secret
    PARTY = "party"
    CREDENTIAL = "credential"
    SCOPE = "scope"
    OPERATION = "operation"
    SERVICE = "service"
    STORE = "store"
    FEED = "feed"
    PROCESS = "process"


class How(StrEnum):
    """What holding an edge's start gives of its end, where no single verb of ours says it.

    - ``acts_as``: the start calls an operation that controls the end, one for all such edges to it
    - ``control``: the same, by an operation of the edge's own kind; a party owns what it controls
    - ``gets_key``: by such an operation that issues the end's key, where it has one; else as ``control``
    - ``can_read``, ``can_write``: by an operation that reads, or writes, the end; ``can_change`` writes parts of it
    - ``finds``: the start reads a store that contains the end's key
    - ``part``: the start holds one of two rights that together replicate a directory; ``replicates`` has both
    - ``is_used_by``: whoever has the end acts as the start
    - ``has_in_it``: ``acts_as``, and what the start's policies apply to takes in the end
    - ``passes``: only that the start's policies apply to the end
    - ``applies_to``: the start, a policy, controls the accounts that the end's policies apply to
    - ``uses``: the start, a token, opens of a repository what its permissions are for
    """

    ACTS_AS = "acts_as"
    CONTROL = "control"
    GETS_KEY = "gets_key"
    CAN_READ = "can_read"
    CAN_WRITE = "can_write"
    CAN_CHANGE = "can_change"
    FINDS = "finds"
    PART = "part"
    REPLICATES = "replicates"
    IS_USED_BY = "is_used_by"
    HAS_IN_IT = "has_in_it"
    PASSES = "passes"
    APPLIES_TO = "applies_to"
    USES = "uses"


class Step(NamedTuple):
    """What an edge of a kind gives, and how well that is known."""

    how: How | Verb
    basis: Basis


def _spread(declared: dict[Role, str]) -> dict[str, Role]:
    return {kind: role for role, kinds in declared.items() for kind in kinds.split()}


def _steps(basis: Basis, declared: dict[How | Verb, str]) -> dict[str, Step]:
    return {kind: Step(how, basis) for how, kinds in declared.items() for kind in kinds.split()}


NODES: dict[str, Role] = {
    # Active Directory: everything is a service, so that an object named only by its id is the same in every file
    **_spread({
        Role.ACCOUNT: "User Computer",
        Role.MEMBERS: "Group LocalGroup ADLocalGroup",
        Role.DIRECTORY: "Domain",
        Role.SERVICE: "Base OU Container GPO CertTemplate EnterpriseCA RootCA AIACA NTAuthStore IssuancePolicy",
    }),
    # Microsoft Entra and Azure
    **_spread({
        Role.ACCOUNT: "AZUser AZServicePrincipal",
        Role.MEMBERS: "AZGroup AZGroup365 AZRole",
        Role.SERVICE: "AZApp AZDevice AZTenant AZSubscription AZManagementGroup AZResourceGroup AZVM AZVMScaleSet "
                      "AZFunctionApp AZWebApp AZLogicApp AZAutomationAccount AZManagedCluster AZContainerRegistry",
        Role.STORE: "AZKeyVault",
        Role.CREDENTIAL: "AZFederatedIdentityCredential",
    }),
    # GitHub
    **_spread({
        Role.PARTY: "GH_Organization GH_Enterprise",
        Role.ACCOUNT: "GH_User",
        Role.MEMBERS: "GH_Team GH_EnterpriseTeam GH_TeamRole GH_OrgRole GH_RepoRole GH_EnterpriseRole GH_Role "
                      "GH_RunnerGroup GH_OrgRunnerGroup GH_EnterpriseRunnerGroup",
        Role.REPOSITORY: "GH_Repository",
        Role.SERVICE: "GH_App GH_Branch GH_Environment GH_Runner GH_RepoRunner GH_OrgRunner GH_EnterpriseRunner "
                      "GH_SamlIdentityProvider GH_ExternalIdentity",
        Role.TOKEN: "GH_AppInstallation GH_PersonalAccessToken",
        Role.CREDENTIAL: "GH_Secret GH_OrgSecret GH_RepoSecret GH_EnvironmentSecret",
        Role.STORE: "GH_SecretScanningAlert",
    }),
    # Okta
    **_spread({
        Role.ACCOUNT: "Okta_User",
        Role.MEMBERS: "Okta_Group Okta_Role Okta_CustomRole",
        Role.SERVICE: "Okta_Organization Okta_Realm Okta_ResourceSet Okta_Application Okta_ApiServiceIntegration "
                      "Okta_Device Okta_Agent Okta_AgentPool Okta_AuthorizationServer Okta_IdentityProvider",
        Role.CREDENTIAL: "Okta_ApiToken Okta_ClientSecret Okta_JWK",
    }),
}  # fmt: skip

STEPS: dict[str, Step] = {
    # Active Directory
    **_steps(Basis.DECLARED, {
        How.ACTS_AS: "MemberOf MemberOfLocalGroup DCFor SameForestTrust",
        How.HAS_IN_IT: "Contains",
        How.CONTROL: "AdminTo",
        How.APPLIES_TO: "GPLink",
        Verb.CONNECTS: "CanRDP CanPSRemote ExecuteDCOM SQLAdmin",
    }),
    **_steps(Basis.OBSERVED, {How.FINDS: "HasSession"}),
    **_steps(Basis.INFERRED, {
        How.ACTS_AS: "AllowedToDelegate DumpSMSAPassword HasSIDHistory SyncedToADUser SyncedToEntraUser "
                     "ClaimSpecialIdentity",
        How.CONTROL: "GenericAll GenericWrite WriteDacl WriteOwner Owns OwnsLimitedRights WriteOwnerLimitedRights "
                     "AllExtendedRights AddMember AddSelf AddAllowedToAct "
                     "WriteAccountRestrictions WriteGPLink ReadLAPSPassword SyncLAPSPassword "
                     "AllowedToAct SpoofSIDHistory AbuseTGTDelegation GoldenCert "
                     "ADCSESC1 ADCSESC3 ADCSESC4 ADCSESC6a ADCSESC6b ADCSESC9a ADCSESC9b ADCSESC10a ADCSESC10b "
                     "ADCSESC13",
        How.GETS_KEY: "ForceChangePassword AddKeyCredentialLink ReadGMSAPassword",
        How.FINDS: "CoerceToTGT WriteSPN",
        How.PART: "GetChanges GetChangesAll",
        How.REPLICATES: "DCSync",
    }),
    # Microsoft Entra and Azure
    **_steps(Basis.DECLARED, {
        How.ACTS_AS: "AZMemberOf AZHasRole AZRunsAs AZManagedIdentity AZContains AZNodeResourceGroup",
        How.CONTROL: "AZGlobalAdmin AZOwns AZOwner",
        How.CAN_READ: "AZGetSecrets AZGetKeys AZGetCertificates",
    }),
    **_steps(Basis.INFERRED, {
        How.CONTROL: "AZPrivilegedRoleAdmin AZPrivilegedAuthAdmin AZUserAccessAdministrator AZContributor "
                     "AZVMContributor AZVMAdminLogin AZAvereContributor AZAutomationContributor AZKeyVaultContributor "
                     "AZWebsiteContributor AZLogicAppContributor AZAKSContributor AZExecuteCommand "
                     "AZAddMembers AZAddOwner AZGrant AZGrantSelf AZAppAdmin AZCloudAppAdmin "
                     "AZMGAddMember AZMGAddOwner AZMGGrantAppRoles AZMGGrantRole",
        How.GETS_KEY: "AZResetPassword AZAddSecret AZMGAddSecret",
    }),
    # GitHub
    **_steps(Basis.DECLARED, {
        How.ACTS_AS: "GH_HasRole GH_HasBaseRole GH_MemberOf GH_CanCreateBranch GH_HasRunner GH_InheritedFrom "
                     "GH_SyncedTo SyncedToGHUser",
        How.CONTROL: "GH_AdminTo GH_Owns GH_AddMember GH_CanWriteBranch GH_CanUseRunner",
        How.CAN_READ: "GH_ReadRepoContents GH_CanPull GH_CanReadSecretScanningAlert",
        How.USES: "GH_CanAccess",
        Verb.HOLDS: "GH_HasSecret GH_HasPersonalAccessToken GH_InstalledAs GH_CanAssumeIdentity CanAssumeIdentity",
    }),
    **_steps(Basis.INFERRED, {
        How.ACTS_AS: "GH_HasExternalIdentity GH_MapsToUser",
        How.CAN_CHANGE: "GH_WriteRepoContents GH_CanPush",
        How.IS_USED_BY: "GH_HasBranch",
        Verb.CONTAINS: "GH_ValidToken",
    }),
    # Okta: of its edges those that its own schema says lead on, but for resets of factors alone
    **_steps(Basis.DECLARED, {
        How.ACTS_AS: "Okta_MemberOf Okta_ApiTokenFor Okta_SecretOf Okta_KeyOf Okta_HostsAgent Okta_AgentMemberOf "
                     "Okta_AgentPoolFor Okta_Contains Okta_RealmContains Okta_ResourceSetContains",
        How.CONTROL: "Okta_SuperAdmin",
    }),
    **_steps(Basis.INFERRED, {
        How.ACTS_AS: "Okta_IdentityProviderFor Okta_InboundSSO Okta_InboundOrgSSO Okta_OutboundSSO Okta_OutboundOrgSSO "
                     "Okta_PasswordSync Okta_MembershipSync Okta_GroupPull Okta_KerberosSSO",
        How.CONTROL: "Okta_OrgAdmin Okta_AppAdmin Okta_GroupAdmin Okta_GroupMembershipAdmin Okta_HelpDeskAdmin "
                     "Okta_AddMember Okta_ManageApp Okta_ReadClientSecret Okta_ReadPasswordUpdates",
        How.GETS_KEY: "Okta_ResetPassword",
    }),
}  # fmt: skip

OLDER = {kind.replace("GH_", "GH", 1): kind for kind in (*NODES, *STEPS) if kind.startswith("GH_")}
"""How GitHound's first version wrote its kinds."""

POLICIES = "the policies of"  # no kind of a file: kinds have no spaces
STEPS[POLICIES] = Step(How.PASSES, Basis.INFERRED)

ONLY_TO: dict[str, dict[str, How]] = {
    "AllExtendedRights": {
        **dict.fromkeys(("User", "Computer", "Base"), How.CONTROL),
        "Domain": How.REPLICATES,
    },
    "GH_MapsToUser": {"GH_User": How.ACTS_AS},
    "GH_CanAccess": {"GH_Repository": How.USES},
    "WriteSPN": {"User": How.FINDS, "Computer": How.FINDS},
}
"""Edges that are a step to nodes of some kinds only."""

KINDS: dict[Role, tuple[Kind, ...]] = {
    Role.ACCOUNT: (Kind.SERVICE, Kind.CREDENTIAL),
    Role.MEMBERS: (Kind.SERVICE,),
    Role.DIRECTORY: (Kind.SERVICE, Kind.CREDENTIAL, Kind.STORE),
    Role.REPOSITORY: (Kind.STORE, Kind.SERVICE),
    Role.TOKEN: (Kind.CREDENTIAL,),
    **{Role(kind): (kind,) for kind in Kind},
}
"""The entities that a node of a role is, the one that its plain id names first."""
