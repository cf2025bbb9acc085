"""The native module. The public objects are built on it; only `AwsCredentials` is one itself."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, TypedDict, final, type_check_only

from leasekey.iam import Applies, Layer, Outcome

__version__: Final[str]
ERRORS: Final[list[tuple[str, str, str]]]
"""Every kind of error: its code, its name, what to do."""
SETTINGS: Final[list[tuple[str, str, str, str | None, bool, list[str]]]]
"""Every setting: keyword, form, what it does, default, whether it is secret, its variables."""
EVENT_FIELDS: Final[list[tuple[str, str]]]
"""Every field that an event may have, and what it means."""

@type_check_only
class EventDict(TypedDict):
    """An event as it is drawn from a queue."""

    kind: str
    severity: Literal["info", "warning", "critical"]
    at: datetime.datetime
    subject: str
    fields: dict[str, Any]
    line: str

@final
class AwsCredentials:
    """One set of AWS credentials: what botocore calls frozen.

    It is no tuple and no dict, so that nothing that is shown, dumped or logged of it holds a secret; as a
    sequence it has the four fields of botocore's own, in their order.
    """

    @property
    def access_key_id(self) -> str:
        """The id of the key, which CloudTrail shows. No secret."""
    @property
    def secret_access_key(self) -> str:
        """The secret key."""
    @property
    def session_token(self) -> str | None:
        """The session token; None for keys of IAM users."""
    @property
    def account_id(self) -> str | None:
        """The AWS account, twelve digits."""
    @property
    def expires_at(self) -> datetime.datetime | None:
        """The true end of the set, in UTC, but at most 120 s ahead for a kind that can be revoked."""
    @property
    def access_key(self) -> str:
        """The id of the key, as botocore calls it."""
    @property
    def secret_key(self) -> str:
        """The secret key, as botocore calls it."""
    @property
    def token(self) -> str | None:
        """The session token, as botocore calls it."""
    def __len__(self) -> int: ...
    def __getitem__(self, place: int, /) -> str | None: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __copy__(self) -> AwsCredentials: ...
    def __deepcopy__(self, _memo: Any, /) -> AwsCredentials: ...
    def __reduce_ex__(self, _protocol: Any, /) -> Any: ...

@final
class Failure:
    """An error, to be raised by whoever gets it."""

    @property
    def code(self) -> str: ...
    @property
    def message(self) -> str: ...
    @property
    def hint(self) -> str: ...
    @property
    def vault_request_id(self) -> str | None: ...
    @property
    def is_retryable(self) -> bool: ...
    @property
    def cause(self) -> Failure | str | None: ...

@final
class Pending:
    """A call that is under way."""

    def wait(self, seconds: float) -> Any:
        """The answer or a `Failure`; None when it is not there within `seconds`, of which at most 50 ms are waited."""

@final
class EventQueue:
    """The last 256 events of a provider."""

    @property
    def missed(self) -> int: ...
    def next(self, seconds: float) -> EventDict | Literal[False] | None:
        """The next event; None when there is none within `seconds`; False when there will be none."""

@final
class Provider:
    """A provider. What takes time gives a `Pending`."""

    @staticmethod
    def build(given: dict[str, Any], deadline: float | None = None) -> Provider | Failure:
        """A provider of these settings, over the environment and the files; or why there is none."""
    def now(self) -> AwsCredentials | None:
        """The set in hand, at once; None when it must be waited for, or `events_to_log` be asked for before."""
    def get(self) -> Pending:
        """For the set in hand, or the first one."""
    def valid_for(self, seconds: float) -> Pending:
        """For a set that lives for at least `seconds`."""
    def refresh(self) -> Pending:
        """For a newer set than the one in hand."""
    def close(self) -> Pending:
        """For the end, within 2 s."""
    def refused(self, authorization: str, code: str) -> bool:
        """Whether a call that was signed with this header and answered with this code is to be made once more."""
    def events(self) -> EventQueue:
        """The events from now on."""
    def events_to_log(self) -> EventQueue | None:
        """The events from now on, for `logging`; None where this process's is told of them already."""
    @property
    def phase(self) -> str:
        """How the lease is."""
    @property
    def stats(self) -> dict[str, int]:
        """What was done so far, as the fields of `leasekey.Stats`."""
    @property
    def lease(self) -> dict[str, Any] | None:
        """The lease in hand, as the fields of `leasekey.Lease`."""

@final
class PolicyDocument:
    """A policy document that was read."""

    @staticmethod
    def parse(source: str, name: str | None) -> PolicyDocument | Failure: ...
    @property
    def name(self) -> str | None: ...
    @property
    def version(self) -> str | None: ...
    @property
    def id(self) -> str | None: ...
    @property
    def size(self) -> int: ...

@final
class Request:
    """A request to decide."""

    @staticmethod
    def build(principal: Any, action: str, resource: str | Sequence[str], facts: Mapping[str, Any]) -> Request | Failure: ...
    @property
    def action(self) -> str: ...
    @property
    def resources(self) -> list[str]: ...

@final
class PolicySet:
    """All policies of a decision."""

    @staticmethod
    def build(layers: dict[str, Any]) -> PolicySet | Failure: ...
    def outcome(self, request: Request) -> Outcome: ...
    def evaluate(self, request: Request) -> Decision: ...
    def explain(self, request: Request) -> tuple[str, list[str], list[str], str]:
        """The summary, the changes, the others, and the whole text."""

@final
class Decision:
    """A decision. A statement is at a layer, a level if it has levels, a document and an index."""

    @property
    def outcome(self) -> Outcome: ...
    @property
    def layer(self) -> Layer: ...
    @property
    def level(self) -> int | None: ...
    @property
    def decided_by(self) -> tuple[Layer, int | None, int, int] | None: ...
    @property
    def resource(self) -> int: ...
    @property
    def statements(
        self,
    ) -> list[tuple[tuple[Layer, int | None, int, int], Literal["Allow", "Deny"], Applies, int | None]]: ...
    @property
    def missing(self) -> list[tuple[str, str, list[str], tuple[Layer, int | None, int, int] | None]]: ...

@final
class Case:
    """A case of a case file."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def expected(self) -> str: ...
    def expects(self, decision: Decision) -> bool: ...
    def question(self) -> tuple[Request, PolicySet] | Failure: ...

def lint(
    documents: list[PolicyDocument], kind: str | None, own_accounts: list[str], own_organizations: list[str]
) -> list[Any] | Failure:
    """Looks at each of these with every rule; the fields of each finding."""

def read_cases(source: str, name: str) -> list[Case] | Failure:
    """The cases of a file."""

def main(args: Sequence[str]) -> int:
    """Runs the command line, the program's name first; the exit code."""

def end_waits() -> None:
    """Ends all waits, of daemon threads too, and waits until their threads have left."""

def after_fork() -> None:
    """In a forked child nobody waits: the parent's threads are not in it."""
