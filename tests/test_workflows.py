"""The workflows of CI: valid, without needless rights, and made of targets that run at a desk as well."""

import json
import os
import re
import subprocess
import sys
from importlib.metadata import files
from pathlib import Path

import pytest
import yaml

from tests.baking import ROOT, run

WORKFLOWS = sorted((ROOT / ".github" / "workflows").iterdir())
STEPS = [
    (path.name, job, step)
    for path in WORKFLOWS
    for job, body in yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"].items()
    for step in body["steps"]
]
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))


def workflow(name: str) -> dict:
    return yaml.safe_load((ROOT / ".github" / "workflows" / name).read_text(encoding="utf-8"))


def look(*command: str) -> subprocess.CompletedProcess:
    return run([str(Path(sys.executable).with_name(command[0])), *command[1:]], ROOT)


def test_the_workflows_keep_their_schema():
    done = look("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *map(str, WORKFLOWS))
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_linter_of_workflow_security_finds_nothing():
    done = look("zizmor", "--offline", "--no-progress", "--persona", "pedantic", *map(str, WORKFLOWS))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("before", "after", "tool"),
    [
        (
            "runs-on: ubuntu-24.04",
            "runs-in: ubuntu-24.04",
            ["check-jsonschema", "--builtin-schema", "vendor.github-workflows"],
        ),
        ("  pull_request:\n", "  pull_request_target:\n", ["zizmor", "--offline", "--no-progress"]),
    ],
)
def test_both_linters_see_what_they_are_for(tmp_path, before, after, tool):
    text = (ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8")
    assert before in text
    (tmp_path / "ci.yml").write_text(text.replace(before, after), encoding="utf-8")
    assert look(*tool, str(tmp_path / "ci.yml")).returncode != 0


def test_every_line_that_runs_is_a_target_of_the_makefile():
    lines = [line for _, _, step in STEPS for line in step.get("run", "").splitlines()]
    lines += re.findall(r"^make .*?(?= \|\||$)", (ROOT / ".ci/run").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert len(lines) > 10
    for line in lines:
        found = re.fullmatch(r"(?:sudo )?make ([a-z-]+)(?: [A-Z]+=\S+)*", line)
        assert found and found[1] in TARGETS, line


def test_ci_runs_pipeline_proof_tests_engines_comparison_and_image():
    ran = {
        job: [step["run"].split()[-1] for step in body["steps"] if "run" in step]
        for job, body in workflow("ci.yml")["jobs"].items()
    }
    assert ran["reproduce"].index("repro") < ran["reproduce"].index("check-numbers") < ran["reproduce"].index("test")
    assert ran["quarto"].index("repro") < ran["quarto"].index("check-numbers") < ran["quarto"].index("engines")
    assert ran["image"] == ["image"]
    assert workflow("ci.yml")["jobs"]["compare"]["if"] == "github.event_name == 'pull_request'"


def test_every_action_is_pinned_by_a_commit_and_names_its_version():
    uses = [line for path in WORKFLOWS for line in path.read_text(encoding="utf-8").splitlines() if "uses:" in line]
    assert len(uses) == sum("uses" in step for _, _, step in STEPS)
    pins = {re.fullmatch(r"\s*(?:- )?uses: (\S+)@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)", line).groups() for line in uses}
    assert len(pins) == len({action for action, *_ in pins}), "one action, one version"


def test_only_the_deployment_and_the_comment_may_write_and_neither_runs_code_of_the_repository():
    writing = {}
    for path in WORKFLOWS:
        parsed = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert parsed["permissions"] == {}, path.name
        assert parsed["concurrency"]["group"], path.name
        for job, body in parsed["jobs"].items():
            if "write" in body["permissions"].values():
                writing[path.name, job] = body
    assert set(writing) == {("ci.yml", "pages"), ("comment.yml", "comment")}
    for body in writing.values():
        assert not [step for step in body["steps"] if "run" in step or "checkout" in step.get("uses", "")]
    assert writing["ci.yml", "pages"]["if"] == "github.event_name == 'push' && github.ref == 'refs/heads/main'"


def test_the_comment_reads_what_the_comparison_left():
    uploaded = next(s["with"] for n, j, s in STEPS if j == "compare" and "upload-artifact" in s.get("uses", ""))
    step = next(s for n, j, s in STEPS if j == "comment" and "download-artifact" in s["uses"])
    assert step["with"]["name"] == uploaded["name"]
    assert f"comparison/{uploaded['path']}" in SCRIPT
    # `on` is read by YAML 1.1 as true
    assert workflow("comment.yml")[True]["workflow_run"]["workflows"] == [workflow("ci.yml")["name"]]


SCRIPT = next(s["with"]["script"] for _, _, s in STEPS if "github-script" in s.get("uses", ""))

#: Runs the script as actions/github-script does, over the comments and pull requests of a repository kept in a file.
HARNESS = """
const fs = require('node:fs');
const state = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
const rest = {
  pulls: { list: ({ head }) => state.pulls.filter((one) => one.label === head) },
  issues: {
    listComments: ({ issue_number }) => state.comments.filter((one) => one.issue === issue_number),
    updateComment: ({ comment_id, body }) => { state.comments.find((one) => one.id === comment_id).body = body; },
    createComment: ({ issue_number, body }) => {
      const user = { login: 'github-actions[bot]' };
      state.comments.push({ id: state.comments.length + 1, issue: issue_number, user, body });
    },
  },
};
const github = { rest, paginate: async (list, options) => list(options) };
const context = { payload: { workflow_run: state.run }, repo: { owner: 'trial', repo: 'kypho' } };
const core = { info: (text) => console.log(text) };
const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor;
const script = new AsyncFunction('require', 'github', 'context', 'core', fs.readFileSync(process.argv[3], 'utf8'));
script(require, github, context, core)
  .then(() => fs.writeFileSync(process.argv[2], JSON.stringify(state)))
  .catch((error) => { console.error(error.message); process.exit(1); });
"""


@pytest.fixture
def github(tmp_path):
    """A repository with one pull request of a fork; `post(text)` lets the script post a report and gives the state."""
    #: Playwright brings Node, so that nobody has to install it.
    node = next(f.locate() for f in files("playwright") if f.parts[-2:] == ("driver", "node"))
    run_of_ci = {
        "head_sha": "a" * 40,
        "head_branch": "side",
        "head_repository": {"owner": {"login": "fork"}},
        "html_url": "URL",
    }
    state = {
        "run": run_of_ci,
        "pulls": [{"number": 7, "label": "fork:side", "head": {"sha": "a" * 40}}],
        "comments": [{"id": 1, "issue": 7, "user": {"login": "someone"}, "body": "<!-- kypho compare -->\nmine"}],
    }
    (tmp_path / "harness.js").write_text(HARNESS, encoding="utf-8")
    (tmp_path / "script.js").write_text(SCRIPT, encoding="utf-8")
    (tmp_path / "comparison").mkdir()

    def post(text: str | None = None) -> subprocess.CompletedProcess:
        if text is not None:
            (tmp_path / "comparison/comparison.md").write_text(text, encoding="utf-8")
        (tmp_path / "state.json").write_text(json.dumps(state), encoding="utf-8")
        done = subprocess.run(
            [node, tmp_path / "harness.js", tmp_path / "state.json", tmp_path / "script.js"],
            env={**os.environ, "RUNNER_TEMP": str(tmp_path)},
            capture_output=True,
            text=True,
        )
        state.update(json.loads((tmp_path / "state.json").read_text(encoding="utf-8")))
        return done

    post.state, post.folder = state, tmp_path
    return post


def test_the_report_is_one_comment_which_a_later_run_rewrites(github):
    assert github("3 numbers moved").returncode == 0
    assert github("None moved").returncode == 0
    theirs, ours = github.state["comments"]
    assert theirs["body"].endswith("mine"), "somebody else's comment with our mark stays as it is"
    assert "None moved" in ours["body"] and "3 numbers moved" not in ours["body"]
    assert "aaaaaaa" in ours["body"]


def test_a_run_of_an_older_commit_posts_nothing(github):
    github.state["pulls"][0]["head"]["sha"] = "b" * 40
    done = github("3 numbers moved")
    assert "a later run posts the report" in done.stdout
    assert len(github.state["comments"]) == 1


def test_a_report_calls_nobody_and_does_not_outgrow_a_comment(github):
    github("@everybody look\n" + "x" * 200_000)
    body = github.state["comments"][1]["body"]
    assert "@everybody" not in body and "everybody look" in body
    assert len(body) < 65_536
    assert "The whole report is the artifact of URL" in body


def test_a_report_that_is_a_link_to_another_file_is_refused(github):
    (github.folder / "secret").write_text("token")
    (github.folder / "comparison/comparison.md").symlink_to(github.folder / "secret")
    done = github()
    assert done.returncode == 1
    assert "not a plain file" in done.stderr
    assert len(github.state["comments"]) == 1
