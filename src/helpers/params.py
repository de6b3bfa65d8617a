"""The typed `params.yaml`: an undeclared key, a wrong type or an impossible value is an error that names its place."""

from pathlib import Path
from typing import Annotated, Generic, Literal, TypeVar, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from helpers import paths
from helpers.yaml_file import config_error, read_yaml

#: The analysis sets that the plan has for comparisons as allocated, and for those by technique received.
Allocated = Literal["ITT", "MITT", "PP"]
Received = Literal["SAF"]
Visit = Literal["D1", "D21", "M3"]
Share = Annotated[float, Field(ge=0, le=1)]
OpenShare = Annotated[float, Field(gt=0, lt=1)]
Positive = Annotated[float, Field(gt=0)]
T = TypeVar("T")


class Section(BaseModel):
    """A part of `params.yaml`: closed and unchangeable."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="after")
    def _no_key_is_missing(self):
        """A mapping whose keys are listed has all of them."""
        for name, field in type(self).model_fields.items():
            key = get_args(field.annotation)[0] if get_origin(field.annotation) is dict else None
            missing = set(get_args(key)) - set(getattr(self, name)) if get_origin(key) is Literal else set()
            if missing:
                raise ValueError(f"{name} lacks {', '.join(sorted(map(str, missing)))}")
        return self


def _whole(shares: dict | tuple, what: str) -> None:
    total = sum(shares.values() if isinstance(shares, dict) else shares)
    if abs(total - 1) > 1e-9:
        raise ValueError(f"the shares of {what} sum to {total:g}, not to 1")


class DataParams(Section):
    """Which export runs, its format, and the units it declares."""

    source: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    format: Literal["csv", "redcap", "xpt", "dataset-json"]
    vas_unit: Literal["cm", "mm"]


class PrivacyParams(Section):
    """What protects the patients of a real export."""

    #: Smallest number of patients that a published cell may show; 1 hides nothing.
    min_cell: Annotated[int, Field(ge=1)]
    #: Move every date of a patient by the same secret number of days.
    shift_dates: bool
    #: Fingerprint of the secret key, so that a change of key is seen; empty without shifting.
    date_key: str
    #: Columns (`table.column`) in which a person looked and found no direct identifier.
    reviewed: tuple[str, ...]


class BlindingParams(Section):
    """Treatment permuted within strata while analyses are developed."""

    enabled: bool
    seed: Annotated[int, Field(ge=0)]


class LeakageParams(Section):
    population: Allocated
    prior_alpha: Positive
    prior_beta: Positive


class ImagingParams(Section):
    population: Allocated
    visit: Literal["M3"]


class QuestionnaireParams(Section):
    population: Allocated
    main_visit: Visit


class ToleranceParams(Section):
    population: Received


class VolumePainParams(Section):
    population: Received
    visit: Visit


class EndpointParams(Section):
    """What each notebook may be told."""

    leakage: LeakageParams
    height: ImagingParams
    angle: ImagingParams
    pain: QuestionnaireParams
    qol: QuestionnaireParams
    tolerance: ToleranceParams
    volume_pain: VolumePainParams


class PublishParams(Section):
    engine: Literal["auto", "quarto", "pandoc"]


class Normal(Section):
    """Mean and standard deviation, in the unit of what they describe."""

    mean: float
    sd: Annotated[float, Field(ge=0)]


class ByArm(Section, Generic[T]):
    """A value for each technique; `of` gives both, equal to the reference under the null."""

    VP: T
    KP: T

    def of(self, null_effect: bool) -> dict[str, T]:
        return {"VP": self.VP, "KP": self.VP if null_effect else self.KP}


class StatureParams(Section):
    mean: dict[Literal["F", "M"], Positive]
    sd: Positive


class VasParams(Section):
    visits: dict[Literal["D0", "D1", "D21", "M3"], Normal]
    shift: ByArm[float]
    correlation: Share


class MeasureParams(Section):
    """One imaging measure: `change` is that of the readers' mean at M3, so its SD includes their error."""

    baseline: Normal
    change: ByArm[Normal]
    reader_sd: Annotated[float, Field(ge=0)]

    @model_validator(mode="after")
    def _room_for_the_readers(self):
        if self.reader_sd > min(self.change.VP.sd, self.change.KP.sd):
            raise ValueError("reader_sd is larger than the SD of the observed change, which includes it")
        return self


class DallasParams(Section):
    baseline: dict[Literal["DPQDA", "DPQWL", "DPQAD", "DPQSI"], Normal]
    change: dict[Literal["DPQDA", "DPQWL", "DPQAD", "DPQSI"], float]
    shift: ByArm[float]
    correlation: Share
    early_fraction: Share
    item_sd: Annotated[float, Field(ge=0)]


class AdverseEventParams(Section):
    per_patient: ByArm[Annotated[float, Field(ge=0)]]
    grade_share: dict[Literal[1, 2, 3, 4], Share]
    term_share: dict[str, Share]

    @model_validator(mode="after")
    def _shares_are_whole(self):
        _whole(self.grade_share, "grade_share")
        _whole(self.term_share, "term_share")
        return self


class SyntheticParams(Section):
    """The generator of the synthetic export."""

    seed: Annotated[int, Field(ge=0)]
    patients: Annotated[int, Field(ge=4)]
    null_effect: bool
    site_share: dict[Literal["01", "02"], Share]
    levels_share: Annotated[tuple[Share, ...], Field(min_length=6, max_length=6)]
    age: Normal
    female_share: Share
    ecog_share: Annotated[tuple[Share, ...], Field(min_length=3, max_length=3)]
    primary_share: dict[Literal["F", "M"], dict[str, Share]]
    sins_share: dict[Literal["pain", "lesion", "alignment", "collapse", "posterolateral"], dict[int, Share]]
    stature: StatureParams
    leak: ByArm[OpenShare]
    leak_icc: OpenShare
    leak_type_share: dict[Literal["VASCULAR", "CORTICAL", "BOTH"], Share]
    leak_significant: ByArm[Share]
    leak_symptomatic: ByArm[Share]
    leak_found_share: dict[Literal["D0", "D1", "M3"], Share]
    volume: ByArm[Normal]
    bipedicular_share: ByArm[Share]
    vas: VasParams
    imaging: dict[Literal["ANTHT", "MIDHT", "POSHT", "KYPHANG"], MeasureParams]
    imaging_icc: Share
    imaging_loss: Share
    stature_change: ByArm[Normal]
    dallas: DallasParams
    death_share: Annotated[float, Field(ge=0, le=0.5)]
    lost_share: Annotated[float, Field(ge=0, le=0.3)]
    missed_imaging_share: Share
    missed_form_share: Share
    missing_item_share: Share
    missing_work_item_share: Share
    adverse_events: AdverseEventParams

    @model_validator(mode="after")
    def _shares_are_whole(self):
        for name in ("site_share", "levels_share", "ecog_share", "leak_type_share", "leak_found_share"):
            _whole(getattr(self, name), name)
        for name, shares in {**self.primary_share, **self.sins_share}.items():
            _whole(shares, name)
        return self


class Params(Section):
    """The whole of `params.yaml`."""

    data: DataParams
    privacy: PrivacyParams
    blinding: BlindingParams
    endpoints: EndpointParams
    publish: PublishParams
    synthetic: SyntheticParams


def load_params(path: Path | None = None) -> Params:
    """Read and check `params.yaml`.

    Raises
    ------
    ConfigError
        Naming the file and every key that is unknown, missing or out of its domain.
    """
    path = Path(path) if path else paths.root() / "params.yaml"
    try:
        return Params.model_validate(read_yaml(path))
    except ValidationError as error:
        raise config_error(path, error) from error
