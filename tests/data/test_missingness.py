"""Why forms are missing: by chance, by what was observed before, or by the unseen value itself."""

import json

import numpy as np
import pandas as pd
import pytest

from helpers.data.generator.design import Design
from helpers.data.generator.mechanism import race
from helpers.data.generator.missingness import last_rated
from helpers.data.generator.trial import draw
from helpers.data.synthesise import synthesise_to

LARGE = 20_000


def mechanism(params, codebook, name, strength=0.7, **changes):
    p = params.synthetic.in_scenario("heavy-missing", missingness={"mechanism": name, "strength": strength}, **changes)
    return draw(Design(p, codebook, LARGE))


@pytest.fixture(scope="module")
def trials(params, codebook):
    return {name: mechanism(params, codebook, name) for name in ("MCAR", "MAR", "MNAR")}


def related(missing, value, given=None):
    """How `value` goes with being missing, within equal values of `given`; its standard error is 1."""
    frame = pd.DataFrame({"missing": missing.astype(float), "value": value})
    frame -= frame.groupby(np.zeros(len(frame)) if given is None else given).transform("mean")
    return (frame["missing"] * frame["value"]).sum() / np.sqrt((frame["missing"] ** 2 * frame["value"] ** 2).sum())


@pytest.mark.parametrize("visit", [2, 3])
def test_the_mechanism_decides_what_a_missed_rating_depends_on(trials, visit):
    """MCAR: on nothing. MAR: on what was observed before, and given that not on itself. MNAR: on itself."""
    found = {}
    for name, trial in trials.items():
        due, came = trial.received.planned["vas"][:, visit], trial.received.forms["vas"][:, visit]
        before = last_rated(trial.vas, trial.received.forms["vas"])[:, visit]
        missing, own = ~came[due], trial.vas[due, visit]
        found[name] = [
            related(missing, before[due]),
            related(missing, own),
            related(missing, own, given=before[due]),
        ]
    assert max(map(abs, found["MCAR"])) < 4
    assert found["MAR"][0] > 10
    assert found["MAR"][1] > 4  # through the correlation of the visits
    assert abs(found["MAR"][2]) < 4
    assert min(found["MNAR"]) > 4
    assert found["MNAR"][2] > 8


def test_who_leaves_depends_on_what_the_mechanism_says(trials):
    for name, trial in trials.items():
        people = trial.cohort
        left = people.not_come | (~np.isnat(people.withdrawal) & people.treated)
        could = people.treated & np.isnat(people.death) & ~people.low_pain
        first = related(left[could], trial.vas[could, 0])
        ecog = related(left[could], trial.tables["eligibility"]["ecog"].to_numpy(dtype=float)[could])
        last = related(left[could], trial.vas[could, -1], given=trial.vas[could, 0])
        if name == "MCAR":
            assert max(abs(first), abs(ecog), abs(last)) < 4
        elif name == "MAR":
            assert min(first, ecog) > 8
            assert abs(last) < 4
        else:
            assert last > 8
            assert abs(ecog) < 4


def test_other_forms_depend_on_their_own_value_under_mnar(trials):
    for name, trial in trials.items():
        due, came = (part["imaging"][:, 3] for part in (trial.received.planned, trial.received.forms))
        # the angle before the procedure, which everybody has, goes with that of month 3
        angle = trial.tables["imaging"].query("visit == 'D0'").groupby("subject_id")["kyphosis_deg"].mean()
        angle = angle.reindex(trial.cohort.ids).to_numpy()
        mine = due & ~np.isnan(angle)
        found = related(~came[mine], angle[mine])
        assert (found > 8) if name == "MNAR" else (abs(found) < 4), name


def test_dallas_items_go_missing_as_the_mechanism_says(trials, codebook):
    for name, trial in trials.items():
        table = trial.tables["dallas"].merge(
            pd.DataFrame({"subject_id": trial.cohort.ids, "first": trial.vas[:, 0]}), on="subject_id"
        )
        at = table[table["visit"] == "D21"]
        others = at[[i for i in codebook.dallas.domains["DPQWL"].items if i != "item_10"]].astype(float).sum(axis=1)
        pain = related(at["item_10"].isna().to_numpy(), at["first"].to_numpy())
        own = related(at["item_10"].isna().to_numpy(), others.to_numpy())
        expected = {"MCAR": (False, False), "MAR": (True, False), "MNAR": (False, True)}[name]
        assert ((pain > 4), (own > 4)) == expected, (name, pain, own)


def test_the_mechanism_moves_nothing_but_what_is_missing(trials):
    """The same patients, arms, dates and values: only which of them were seen differs."""
    first = trials["MCAR"]
    for name in ("MAR", "MNAR"):
        other = trials[name]
        assert other.tables["patients"].equals(first.tables["patients"])
        assert other.tables["eligibility"].equals(first.tables["eligibility"])
        assert np.array_equal(other.vas, first.vas)
        for table in ("vas", "imaging", "stature"):
            key = [c for c in ("subject_id", "level", "visit", "reader") if c in first.tables[table]]
            both = first.tables[table].merge(other.tables[table], on=key, suffixes=("", "_other"))
            assert len(both) > 0.5 * len(first.tables[table])
            for column in set(first.tables[table]) - set(key):
                assert both[column].equals(both[f"{column}_other"].rename(column)), (name, table, column)


def test_the_numbers_missed_do_not_hang_on_the_mechanism(trials):
    shares = {}
    for name, trial in trials.items():
        due, came = trial.received.planned["vas"].sum(axis=0), trial.received.forms["vas"].sum(axis=0)
        shares[name] = 1 - came / due
    # params.yaml, heavy-missing: 15 % of single forms after the first visit
    assert shares["MAR"] == pytest.approx([0, 0.15, 0.15, 0.15], abs=1e-3)
    assert shares["MNAR"] == pytest.approx(shares["MCAR"], abs=1e-3)


def test_a_strength_of_zero_is_chance_alone(params, codebook):
    trial, chance = mechanism(params, codebook, "MAR", strength=0.0), mechanism(params, codebook, "MCAR")
    assert np.array_equal(trial.received.forms["vas"], chance.received.forms["vas"])


def test_the_race_is_successive_sampling_with_the_declared_weights():
    """Of two, the one with score 1 goes first with odds exp(strength); checked over all random orders of many pairs."""
    draws, first = np.random.default_rng(3), 0
    n = 4000
    for _ in range(5):
        score = draws.permutation(np.repeat([0.0, 1.0], n // 2))
        first += score[race(score, 1.0)[: n // 100]].mean() / 5
    # early in the race e : 1, so e / (1 + e) = 0.731 of those taken; 5 x 40 draws: standard error 0.03
    assert first == pytest.approx(np.e / (1 + np.e), abs=0.12)
    assert race(np.zeros(50), 3.0).tolist() == list(range(50))


def test_under_mnar_the_received_ratings_understate_pain(params, project, tmp_path):
    summary = synthesise_to(params, tmp_path / "x", patients=5000, scenario="heavy-missing")
    record = json.loads((summary.folder / "truth.json").read_text())
    assert record["missingness"]["mechanism"] == "MAR"
    means = {(m["visit"], m["ratings"]): m["mean"]["VP"] for m in record["realised"]["vas"]["means"]}
    assert means["M3", "observed"] < means["M3", "all"] - 0.1
