"""Settings by keyword: those of the core's table, and what is told of wrong ones."""

from __future__ import annotations

import datetime
import pathlib
from typing import Any

import leasekey
import pytest
from hypothesis import given
from hypothesis import strategies as st
from leasekey import _native, _settings
from leasekey.errors import ConfigError, InvalidSetting, LeasekeyError, NoAuth, NotConfigured, TtlOutOfRange, WrongType

CANARY = "c4nary-5f0c1e"
FORMS = {name: form for name, form, *_ in _native.SETTINGS}
SECRET = {name for name, _, _, _, secret, _ in _native.SETTINGS if secret}
LOGIN = {"role_id": "r", "secret_id": CANARY}
VAULT = {"address": "https://vault.example:8200", **LOGIN}


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    for *_, variables in _native.SETTINGS:
        for name in variables:
            monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.chdir(tmp_path)


def refused(**settings: Any) -> LeasekeyError:
    with pytest.raises(LeasekeyError) as told:
        leasekey.credentials(**settings)
    return told.value


def test_the_keywords_are_those_of_the_core() -> None:
    forms = {"Addresses": "address", "Boolean": "boolean", "Duration": "duration", "Integer": "integer", "Text": "text"}
    typed = {name: kind.__forward_arg__ for name, kind in _settings.Settings.__annotations__.items()}
    assert {name: forms[kind] for name, kind in typed.items()} == {n: f for n, f in FORMS.items() if n != "role"}


@pytest.mark.parametrize("keyword", sorted(set(FORMS) - {"role", "config"}))
def test_every_setting_is_taken_by_its_keyword(keyword: str) -> None:
    text = {"address": "https://vault.example:8200", "boolean": "false", "duration": "1h", "integer": "1", "text": "x"}
    special = {"kind": "assumed_role", "auth": "approle", "rate_limit": "10:20", "expected_role_arn": "arn:aws:iam::1:role/r"}
    special |= {"role_arn": "arn:aws:iam::1:role/r", "token_path": "/run/token", "region": "eu-central-1"}
    try:
        leasekey.credentials(role="orders", **{**VAULT, keyword: special.get(keyword, text[FORMS[keyword]])})
    except LeasekeyError as error:
        # A file that is not there, or that is no certificate, is told; the keyword was understood.
        assert "there is no setting" not in str(error), error


def test_types_of_python_are_settings() -> None:
    hour = datetime.timedelta(hours=1)
    leasekey.credentials(role="orders", **VAULT, ttl=hour)
    leasekey.credentials(role="orders", **VAULT, ttl=3600, max_retries=0, disable_redirects=True)
    addresses = ["https://a.example:8200", "https://b.example:8200"]
    leasekey.credentials(role="orders", **{**VAULT, "address": addresses})
    leasekey.credentials(role="orders", **VAULT, token_path=pathlib.Path("/run/token"), namespace=None)


def test_a_misspelt_keyword_names_the_nearest() -> None:
    error = refused(role="orders", namespce="pay")
    assert isinstance(error, InvalidSetting)
    assert error.hint.startswith("Did you mean namespace?")


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"ttl": ["15m"]}, "ttl= is of type list"),
        ({"ttl": True}, "ttl= is of type bool"),
        ({"ttl": 900.0}, "ttl= is of type float"),
        ({"max_retries": "many"}, 'max_retries= is "many"'),
        ({"skip_verify": 1}, "skip_verify= is of type int"),
        ({"role": 7}, "role= is of type int"),
        ({"secret_id": b"c4nary-5f0c1e"}, "secret_id= is of type bytes"),
        ({"address": [1]}, "address= is of type list"),
    ],
)
def test_a_wrong_type_is_told_with_what_is_allowed(settings: dict[str, Any], told: str) -> None:
    error = refused(**{"role": "orders", **VAULT, **settings})
    assert isinstance(error, InvalidSetting) and told in str(error), error
    assert isinstance(error, (WrongType, InvalidSetting)) and "Allowed is" in error.hint


def test_bad_values_are_told_before_anybody_is_asked() -> None:
    assert "one of assumed_role" in str(refused(role="orders", **VAULT, kind="asumed"))
    assert isinstance(refused(role="orders", **VAULT, ttl="1m"), TtlOutOfRange)
    assert isinstance(refused(role="orders", **LOGIN), NotConfigured)
    assert isinstance(refused(role="orders", address="https://vault.example:8200"), NoAuth)
    assert refused(role="../sys", **VAULT).code == "LK-0115"
    assert isinstance(refused(**VAULT), ConfigError)
    for deadline in ("soon", True, -1, float("nan"), float("inf")):
        with pytest.raises(WrongType):
            leasekey.credentials(role="orders", **VAULT, deadline=deadline)  # type: ignore[arg-type]


def test_the_environment_and_the_files_are_read_under_the_keywords(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    settings = tmp_path / "leasekey.toml"
    settings.write_text(f'address = "https://vault.example:8200"\nrole_id = "r"\nsecret_id = "{CANARY}"\nrole = "file"\n')
    monkeypatch.setenv("LEASEKEY_CONFIG", str(settings))
    leasekey.credentials()
    monkeypatch.setenv("LEASEKEY_ROLE", "../environment")
    assert '"../environment"' in str(refused())
    assert '"../keyword"' in str(refused(role="../keyword"))


def test_only_where_no_vault_is_configured_boto3s_own_chain_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOWN")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", CANARY)
    assert leasekey.Session(role="orders").get_credentials().method == "env"
    with pytest.raises(NotConfigured):
        leasekey.Session(role="orders", vault_only=True)
    with pytest.raises(NoAuth):
        leasekey.Session(role="orders", address="https://vault.example:8200")


values = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=40), st.binary(max_size=40),
    st.lists(st.text(max_size=20), max_size=3), st.timedeltas(), st.dictionaries(st.text(max_size=5), st.integers(), max_size=2),
)


@given(keyword=st.sampled_from(sorted(FORMS)), value=values)
def test_any_value_is_taken_or_refused_by_name(keyword: str, value: Any) -> None:
    try:
        leasekey.credentials(**{"role": "orders", **VAULT, keyword: value})
    except LeasekeyError as error:
        assert error.code.startswith("LK-") and error.hint
        assert CANARY not in str(error)


@given(keyword=st.text(max_size=30), value=st.text(max_size=10))
def test_any_keyword_is_known_or_refused(keyword: str, value: str) -> None:
    if keyword not in FORMS and keyword not in ("role", "deadline"):
        assert isinstance(refused(**{keyword: value}), InvalidSetting)


@given(keyword=st.sampled_from(sorted(SECRET)), tail=st.text(max_size=10))
def test_no_error_quotes_a_secret(keyword: str, tail: str) -> None:
    try:
        leasekey.credentials(**{"role": "../orders", **VAULT, keyword: CANARY + tail})
    except LeasekeyError as error:
        assert CANARY not in str(error) + repr(error)
