"""Settings: read from environment and `.env`, wrong values stop with one line, secrets stay secret."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflection.domain.workspaces import ANY_WORKSPACE, DEFAULT_WORKSPACE
from reflection.errors import ConfigurationError
from reflection.settings import Settings, check_listening, variable_of, variables

ROOT = Path(__file__).parents[1]
SPECIFIED = (
    "OPENAI_API_KEY",
    "MARKO_DATABASE_PATH",
    "MARKO_OUTPUT_DIR",
    "MARKO_VECTOR_BACKEND",
    "MARKO_VECTOR_PATH",
    "MARKO_VECTOR_FALLBACK_PATH",
    "MARKO_WEIGHTS_PATH",
    "MARKO_INSIGHTS_MODEL",
    "MARKO_EMBEDDING_MODEL",
    "MARKO_INSIGHTS_LIMIT",
)
WRONG = {
    "MARKO_PORT": ("abc", "0", "70000", "80.5"),
    "MARKO_VECTOR_BACKEND": ("faiss",),
    "MARKO_GOAL_METRIC": ("clicks",),
    "MARKO_INSIGHTS_LIMIT": ("0", "many", "501"),
    "MARKO_CTR_WEIGHT": ("nan", "inf", "x", "1e300"),
    "MARKO_CPA_WEIGHT": ("-inf",),
    "MARKO_HOLDBACK": ("1", "-0.1", "20%"),
    "MARKO_RATE_LIMIT": ("fast", "0/minute", "10/parsec"),
    "MARKO_LOG_LEVEL": ("LOUD",),
    "MARKO_MAX_BODY_BYTES": ("12", "1MB"),
    "MARKO_API_KEYS": ("Bad Name=topsecretvalue", "acme:admin=topsecretvalue"),
    "MARKO_MODEL_DEADLINE": ("0", "inf", "soon", "121"),
    "MARKO_MODEL_DAILY_TOKENS": ("-1", "1.5", "many"),
    "MARKO_CHROMA_URL": ("127.0.0.1:8001", "http://host/path?x=1"),
    "OPENAI_BASE_URL": ("ftp://example.test", "example.test"),
    "OPENAI_API_KEY": ("topsecretvalue\nx", "topsecretvalue\u00fc"),
    "MARKO_DATABASE_PATH": (" ", "a\nb", "a\u202eb"),
    "MARKO_OUTPUT_DIR": (" ", "out\tput"),
    "MARKO_ALLOWED_HOSTS": ("https://engine.test", "engine.test:8000", "good.test, *", "engine.test/x"),
    "MARKO_ALERT_HOSTS": ("http://hooks.internal", "10.0.0.0/99", "*.internal"),
}


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch, tmp_path):
    """No setting of the machine reaches these tests."""
    for name in variables():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def test_every_variable_of_the_specification_exists():
    assert set(SPECIFIED) <= set(variables())


def test_nothing_has_to_be_set():
    settings = Settings.load()

    assert settings.database_path == Path("reflection.db")
    assert (settings.conversion_weight, settings.ctr_weight, settings.cpa_weight) == (1.0, 1000.0, 1.0)
    assert settings.host == "127.0.0.1"
    assert settings.api_keys == ()


def test_the_environment_wins_over_the_file_and_arguments_over_both(monkeypatch, tmp_path):
    (tmp_path / ".env").write_text("MARKO_PORT=8001\nMARKO_INSIGHTS_LIMIT=7\nMARKO_OUTPUT_DIR=from_file\n")
    monkeypatch.setenv("MARKO_PORT", "8002")
    monkeypatch.setenv("MARKO_OUTPUT_DIR", "from_environment")

    settings = Settings.load(output_dir=Path("given"))

    assert (settings.insights_limit, settings.port, settings.output_dir) == (7, 8002, Path("given"))


def test_an_empty_value_means_not_set(monkeypatch):
    for name in variables():
        monkeypatch.setenv(name, "")

    assert Settings.load() == Settings()


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_a_wrong_value_stops_the_start_with_one_clear_line(monkeypatch, name, value):
    monkeypatch.setenv(name, value)

    with pytest.raises(ConfigurationError) as caught:
        Settings.load()

    line = f"{caught.value.message}; {caught.value.hint}"
    assert line.startswith(name)
    assert "\n" not in line
    assert name in caught.value.hint
    assert "topsecretvalue" not in line


def test_hosts_are_names_and_addresses_and_of_alerts_networks_too(monkeypatch):
    monkeypatch.setenv("MARKO_ALLOWED_HOSTS", "engine.test, ::1,[::1],10.1.2.3, my_host")
    monkeypatch.setenv("MARKO_ALERT_HOSTS", "hooks.internal,10.0.0.0/8,fd00::/8,::1")
    settings = Settings.load()
    assert settings.allowed_hosts == ("engine.test", "::1", "[::1]", "10.1.2.3", "my_host")
    assert settings.alert_hosts == ("hooks.internal", "10.0.0.0/8", "fd00::/8", "::1")


def test_a_settings_file_that_is_no_text_stops_the_start_with_one_line(tmp_path):
    (tmp_path / ".env").write_bytes(b"\xff\xfeMARKO_PORT=1")
    with pytest.raises(ConfigurationError, match=r"\.env is no text"):
        Settings.load()


def test_a_model_key_of_spaces_is_none(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "  ")
    assert Settings.load().openai_api_key is None


def test_several_wrong_values_are_counted(monkeypatch):
    monkeypatch.setenv("MARKO_PORT", "x")
    monkeypatch.setenv("MARKO_LOG_LEVEL", "x")

    with pytest.raises(ConfigurationError, match="and 1 more wrong setting"):
        Settings.load()


def test_choices_are_read_in_any_case(monkeypatch):
    monkeypatch.setenv("MARKO_LOG_LEVEL", "debug")
    monkeypatch.setenv("MARKO_VECTOR_BACKEND", "Local")

    settings = Settings.load()

    assert (settings.log_level, settings.vector_backend) == ("DEBUG", "local")


def test_keys_name_their_workspace_and_whether_they_write(monkeypatch):
    plain, first, second, third, base64 = "plain-key-of-default", "k1" * 8, "k2" * 8, "k3" * 8, "YWJjZGVmZ2hpamtsbW5v=="
    entries = f" {plain} , acme={first},acme:read={second}, *={third} ,{base64}"
    monkeypatch.setenv("MARKO_API_KEYS", entries)

    keys = [(key.workspace, key.secret.get_secret_value(), key.writes) for key in Settings.load().api_keys]

    assert keys == [
        (DEFAULT_WORKSPACE, plain, True),
        ("acme", first, True),
        ("acme", second, False),
        (ANY_WORKSPACE, third, True),
        (DEFAULT_WORKSPACE, base64, True),
    ]


@given(st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=",=$%"), min_size=16))
def test_any_printable_key_is_taken_as_it_is(key):
    assert [k.secret.get_secret_value() for k in Settings(api_keys=f"acme={key}").api_keys] == [key]


@pytest.mark.parametrize(
    "entry",
    [
        "acme=", "*=", "acme:read=", "a-rather-long-workspace=", "a", "acme=short", "*=${KEY_OF_THE_SERVER}",
        "acme=$KEY_OF_THE_SERVER", "acme=%KEY_OF_THE_SERVER%", "acme= ", "acme===================",
    ],
)  # fmt: skip
def test_an_entry_without_a_secret_stops_the_start_and_is_named(entry):
    with pytest.raises(ConfigurationError, match="entry 2") as refused:
        Settings.load(_env_file=None, api_keys=f"globex=a-long-enough-key-of-globex,{entry}")

    assert "a-long-enough" not in str(refused.value)


def test_secrets_appear_in_no_representation(monkeypatch):
    monkeypatch.setenv("MARKO_API_KEYS", "acme=canary-one-of-acme,canary-two-of-all")
    monkeypatch.setenv("OPENAI_API_KEY", "canary-three")

    settings = Settings.load()

    for text in (repr(settings), str(settings), repr(settings.model_dump()), settings.model_dump_json()):
        assert "canary" not in text
    assert set(settings.secrets()) == {"canary-one-of-acme", "canary-two-of-all", "canary-three"}


def test_settings_cannot_be_changed_afterwards():
    with pytest.raises(ValueError, match="frozen"):
        Settings.load().port = 1


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "[::1]"])
def test_loopback_needs_no_key(host):
    check_listening(Settings(host=host))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.test"])
def test_listening_elsewhere_needs_a_key(host):
    with pytest.raises(ConfigurationError, match="MARKO_HOST"):
        check_listening(Settings(host=host))

    check_listening(Settings(host=host, api_keys="a-long-enough-key"))


@pytest.mark.parametrize(("text", "amount"), [("off", None), ("0", None), ("10/second", 10), ("100 per hour", 100)])
def test_the_rate_limit_is_readable(text, amount):
    limit = Settings(rate_limit=text).limit

    assert (limit.amount if limit else None) == amount


def test_every_setting_is_in_the_example_file_with_its_default():
    lines = dict(re.findall(r"^([A-Z_]+)=(.*)$", (ROOT / ".env.example").read_text(), flags=re.M))
    defaults = {variable_of(name): field.default for name, field in Settings.model_fields.items()}

    assert lines == {name: "" if value in (None, ()) else str(value) for name, value in defaults.items()}


def test_the_example_file_is_itself_valid(tmp_path):
    (tmp_path / ".env").write_text((ROOT / ".env.example").read_text())

    assert Settings.load() == Settings(_env_file=None)


def test_every_setting_is_documented_with_its_meaning():
    rows = re.findall(r"^\| `([A-Z_]+)` \| .* \| (.+) \|$", (ROOT / "docs/configuration.md").read_text(), flags=re.M)

    assert dict(rows) == variables()
    assert all(variables().values())
