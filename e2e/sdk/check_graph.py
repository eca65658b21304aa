"""Checks the simulator against Microsoft's own Graph client for Python.

The simulator and Latchkey are written by the same people, who could misread the documentation twice in the same way.
This client was generated from Microsoft's description of the API, so what it understands is what Graph says.

    python e2e/sdk/check_graph.py --base http://localhost:3001

Prints one line per check and a closing count. Exits 1 on any mismatch, 2 on wrong usage.
"""

import argparse
import asyncio
import sys
from datetime import datetime, timezone
from urllib.parse import urlsplit

import httpx
from kiota_abstractions.authentication import (
    AccessTokenProvider,
    AllowedHostsValidator,
    BaseBearerTokenAuthenticationProvider,
)
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.generated.models.microsoft_authenticator_authentication_method import (
    MicrosoftAuthenticatorAuthenticationMethod,
)
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.password_authentication_method import PasswordAuthenticationMethod
from msgraph.generated.models.phone_authentication_method import PhoneAuthenticationMethod
from msgraph.generated.models.temporary_access_pass_authentication_method import (
    TemporaryAccessPassAuthenticationMethod,
)
from msgraph.generated.models.temporary_access_pass_authentication_method_configuration import (
    TemporaryAccessPassAuthenticationMethodConfiguration,
)
from msgraph.generated.users.users_request_builder import UsersRequestBuilder

UNKNOWN_USER = "00000000-0000-4000-8000-00000000dead"


class ClientCredentials(AccessTokenProvider):
    """A token for the simulator's app. The SDK's own provider refuses plain HTTP."""

    def __init__(self, tenant: dict, host: str) -> None:
        self._tenant = tenant
        self._hosts = AllowedHostsValidator([host])

    async def get_authorization_token(self, uri: str, additional_authentication_context=None) -> str:
        if not self._hosts.is_url_host_valid(uri):
            return ""
        async with httpx.AsyncClient() as http:
            answer = await http.post(
                self._tenant["tokenUrl"],
                data={
                    "client_id": self._tenant["clientId"],
                    "client_secret": self._tenant["clientSecret"],
                    "grant_type": "client_credentials",
                    "scope": "https://graph.microsoft.com/.default",
                },
            )
        answer.raise_for_status()
        return answer.json()["access_token"]

    def get_allowed_hosts_validator(self) -> AllowedHostsValidator:
        return self._hosts


class Checks:
    """Counts what held and what did not."""

    def __init__(self) -> None:
        self.passed = 0
        self.failed = 0

    def that(self, what: str, holds: bool, found: object = "") -> None:
        if holds:
            self.passed += 1
            print(f"ok    {what}")
        else:
            self.failed += 1
            print(f"FAIL  {what}: found {found!r}")

    async def refused(self, what: str, call, status: int, code: str, message: str) -> None:
        """`call` must raise Graph's error with this status, code (in any case) and part of the message."""
        try:
            await call
        except ODataError as error:
            main = error.error
            self.that(
                what,
                error.response_status_code == status
                and (main.code or "").lower() == code.lower()
                and message in (main.message or "")
                and bool(main.inner_error and main.inner_error.request_id),
                (error.response_status_code, main.code, main.message),
            )
        else:
            self.that(what, False, "no error")


async def check(graph: GraphServiceClient, control: httpx.AsyncClient, checks: Checks) -> None:
    query = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(
        filter="startsWith(displayName,'Ada')", select=["id", "displayName", "otherMails", "accountEnabled"]
    )
    found = await graph.users.get(
        request_configuration=UsersRequestBuilder.UsersRequestBuilderGetRequestConfiguration(query_parameters=query)
    )
    checks.that("a user is found by the beginning of a name", len(found.value) == 1, len(found.value))
    ada = found.value[0]
    checks.that("selected properties arrive", ada.account_enabled is True and bool(ada.other_mails), ada)
    checks.that("properties that were not selected do not", ada.job_title is None, ada.job_title)

    first_page = await graph.users.get(
        request_configuration=UsersRequestBuilder.UsersRequestBuilderGetRequestConfiguration(
            query_parameters=UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(top=15)
        )
    )
    second_page = await graph.users.with_url(first_page.odata_next_link).get()
    seen = {user.id for user in first_page.value} & {user.id for user in second_page.value}
    checks.that("paging goes on where the page before ended", not seen and len(second_page.value) == 15, seen)

    manager = await graph.users.by_user_id(ada.id).manager.get()
    checks.that("the manager is a directory object of the type user", manager.odata_type == "#microsoft.graph.user", manager.odata_type)

    authentication = graph.users.by_user_id(ada.id).authentication
    methods = (await authentication.methods.get()).value
    types = [type(method) for method in methods]
    for wanted in (PasswordAuthenticationMethod, PhoneAuthenticationMethod, MicrosoftAuthenticatorAuthenticationMethod):
        checks.that(f"the list holds a {wanted.__name__}", wanted in types, types)

    policy = await graph.policies.authentication_methods_policy.authentication_method_configurations.by_authentication_method_configuration_id(
        "TemporaryAccessPass"
    ).get()
    checks.that(
        "the policy is the one for passes, with a real tenant's defaults",
        isinstance(policy, TemporaryAccessPassAuthenticationMethodConfiguration)
        and (policy.minimum_lifetime_in_minutes, policy.maximum_lifetime_in_minutes) == (60, 480),
        policy,
    )

    wish = TemporaryAccessPassAuthenticationMethod(lifetime_in_minutes=60, is_usable_once=True)
    made = await authentication.temporary_access_pass_methods.post(wish)
    checks.that("a new pass carries its value", len(made.temporary_access_pass or "") >= 8, made.temporary_access_pass)
    checks.that("a new pass is usable", made.is_usable is True and made.method_usability_reason == "EnabledByPolicy", made)
    checks.that("times are read as times", isinstance(made.start_date_time, datetime) and made.start_date_time <= datetime.now(timezone.utc), made.start_date_time)

    again = await authentication.temporary_access_pass_methods.by_temporary_access_pass_authentication_method_id(made.id).get()
    checks.that("the value is never given again", again.temporary_access_pass is None, "a value")

    newer = await authentication.temporary_access_pass_methods.post(wish)
    listed = [method.id for method in (await authentication.temporary_access_pass_methods.get()).value]
    checks.that("a second pass replaces the first", listed == [newer.id], listed)

    too_short = TemporaryAccessPassAuthenticationMethod(lifetime_in_minutes=10, is_usable_once=True)
    await checks.refused(
        "a lifetime below the policy is refused",
        authentication.temporary_access_pass_methods.post(too_short),
        400, "badRequest", "lifetime",
    )
    await checks.refused(
        "an unknown user is not found",
        graph.users.by_user_id(UNKNOWN_USER).get(),
        404, "Request_ResourceNotFound", "does not exist",
    )

    await control.put("/tap-policy", json={"state": "disabled"})
    await checks.refused(
        "a disabled policy refuses passes",
        authentication.temporary_access_pass_methods.post(wish),
        400, "badRequest", "Converged UserCredentialPolicy does not allow",
    )
    await control.put("/tap-policy", json={"state": "enabled"})

    default = next(method for method in methods if isinstance(method, MicrosoftAuthenticatorAuthenticationMethod))
    await checks.refused(
        "the default method cannot go while others are there",
        authentication.microsoft_authenticator_methods.by_microsoft_authenticator_authentication_method_id(default.id).delete(),
        400, "badRequest", "default method",
    )

    revoked = await graph.users.by_user_id(ada.id).revoke_sign_in_sessions.post()
    checks.that("sessions are revoked", revoked.value is True, revoked)


async def check_forbidden(graph: GraphServiceClient, checks: Checks) -> None:
    """`graph` has a token without any app role."""
    await checks.refused(
        "the directory refuses a token without permissions",
        graph.users.get(),
        403, "Authorization_RequestDenied", "Insufficient privileges",
    )
    await checks.refused(
        "the method API refuses it in its own words",
        graph.users.by_user_id(UNKNOWN_USER).authentication.methods.get(),
        403, "accessDenied", "Request Authorization failed",
    )


def client(base: str, tenant: dict) -> GraphServiceClient:
    provider = ClientCredentials(tenant, urlsplit(base).hostname)
    adapter = GraphRequestAdapter(BaseBearerTokenAuthenticationProvider(provider))
    adapter.base_url = f"{base}/v1.0"
    return GraphServiceClient(request_adapter=adapter)


async def run(base: str) -> int:
    checks = Checks()
    async with httpx.AsyncClient(base_url=f"{base}/_control") as control:
        await control.post("/reset")
        tenant = (await control.get("/tenant")).json()
        try:
            await check(client(base, tenant), control, checks)
            await control.patch("/tenant", json={"appRoles": []})
            await check_forbidden(client(base, tenant), checks)
        finally:
            await control.post("/reset")
    print(f"{checks.passed} passed, {checks.failed} failed")
    return 1 if checks.failed else 0


def main() -> int:
    parser = argparse.ArgumentParser(description="Checks the simulator against the public Graph client.")
    parser.add_argument("--base", required=True, metavar="URL", help="where the simulator is, such as http://localhost:3001")
    return asyncio.run(run(parser.parse_args().base.rstrip("/")))


if __name__ == "__main__":
    sys.exit(main())
