import subprocess
import sys

import pytest

from config.launch import bootstrap


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / ".venv")
    (tmp_path / "requirements.txt").write_text("")
    (tmp_path / "requirements-dev.txt").write_text("")
    return tmp_path


def test_an_old_python_is_one_line_with_the_way_out(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))

    with pytest.raises(bootstrap.Obstacle, match=r"Python 3.11 or newer is needed, .* is 3.9: make run PYTHON="):
        bootstrap.check_python()


def test_a_missing_venv_package_is_named(monkeypatch):
    monkeypatch.setattr(bootstrap.importlib.util, "find_spec", lambda name: None if name == "ensurepip" else object())

    with pytest.raises(bootstrap.Obstacle, match=r"python3-venv is missing: apt-get install python3\.\d+-venv"):
        bootstrap.check_venv_module()


def test_nothing_is_installed_while_the_requirements_are_the_same(checkout, monkeypatch):
    installs = []
    monkeypatch.setattr(bootstrap, "works", lambda venv: True)
    monkeypatch.setattr(bootstrap, "install", installs.append)
    bootstrap.VENV.mkdir()

    bootstrap.prepare("run")
    bootstrap.prepare("run")
    bootstrap.prepare("dev")
    bootstrap.prepare("run")
    (checkout / "requirements.txt").write_text("# changed\n")
    bootstrap.prepare("run")

    assert installs == ["run", "dev", "run"]


def test_a_failed_install_is_one_line_and_is_not_remembered(checkout, monkeypatch):
    monkeypatch.setattr(bootstrap, "works", lambda venv: True)
    monkeypatch.setattr(bootstrap, "run", refuse)
    bootstrap.VENV.mkdir()

    with pytest.raises(bootstrap.Obstacle, match="could not be installed"):
        bootstrap.prepare("run")

    assert bootstrap.installed() == []


def refuse(command, failure):
    raise bootstrap.Obstacle(failure)


def test_a_broken_environment_is_noticed(tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to("/nonexistent/python3")

    assert not bootstrap.works(tmp_path)


def test_a_failing_program_is_told_by_its_last_line():
    with pytest.raises(bootstrap.Obstacle, match="^it failed: the reason$"):
        bootstrap.run([sys.executable, "-c", "print('x'); raise SystemExit('the reason')"], "it failed")


def test_it_runs_on_the_bare_standard_library():
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", "import runpy, sys; runpy.run_path(sys.argv[1])", bootstrap.__file__],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
