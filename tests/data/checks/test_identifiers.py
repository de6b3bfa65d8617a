"""Direct identifiers are found in free text and identifiers; medical wording, French and English, is left alone."""

import time

import pandas as pd
import pytest

from helpers.data.checks.columns import identifies
from helpers.data.checks.identifiers import identifier_findings, names_a_person
from helpers.errors import ConfigError

# Invented persons. 2 69 05 49 588 157 80 is the specimen of a French insurance card: 97 - 2690549588157 % 97 = 80.
NAMING = {
    "an e-mail address": [
        "write to jean.dupont@example.org",
        "contact: marie_d@chu-lyon.fr",
        "j.martin (at) hopital.fr",
    ],
    "a telephone number": [
        "tel 06 12 34 56 78",
        "joindre au 0477828228",
        "+33 6 12 34 56 78 (husband)",
        "+33(0)4.78.78.28.28",
        "0033 478782828",
        "call +44 20 7946 0958",
        "rappel 04-77-82-82-82",
    ],
    "a date of birth": [
        "née le 12/03/1954",
        "né le 3 mars 1948, chute",
        "born on 12 March 1954",
        "DOB 12/03/1954",
        "D.O.B.: 1954-03-12",
        "DDN : 12.03.54",
        "date de naissance 12/03/1954",
    ],
    "a hospital or insurance number": [
        "IPP 8001234567",
        "MRN: 0045678",
        "NIP n'est pas IPP:12345678",
        "hospital number 123456",
        "dossier n° 2018456",
        "n° de dossier : 45678",
    ],
    "a social security number": ["2 69 05 49 588 157 80", "nir 269054958815780", "269054958815780"],
    "a name after a title": [
        "Mme Dupont a chuté",
        "M. Martin, douleur",
        "seen by Dr Lefèvre",
        "Dr. O'Neill saw the leak",
        "avis du Pr DURAND",
        "Mr Smith fell",
        "Mrs. Jones complains of pain",
        "Monsieur D'Alembert",
        "Docteur Jean-Pierre",
        "Mlle N. Petit",
    ],
    "a name after the word patient": [
        "patient Dupont fell at home",
        "la patiente Martin est fébrile",
        "pt Durand with fever",
        "patient DURAND, douleur lombaire",
        "Patient named Smith",
    ],
    "initials": ["initials: J.D.", "initiales : JD"],
    "an address": ["lives at 12 rue de la Paix", "3 bis, avenue Jean Jaurès", "14 Baker Street"],
}

MEDICAL = """
Back pain, worse when standing
Fever 38.5 °C on day 2, 39.1 on day 3
Pain VAS 7/10 then 3/10
Thromboembolic event, cement embolus in the right lower lobe
Symptomatic cement embolus
Pulmonary embolism, cancer related
Fracture of T12, L1 and L2
Adjacent fracture L3 (AO A1.2)
Hematoma 4 x 3 cm at the puncture site
Patient fell at home
Patient had fever
Patient reported more pain after 2 weeks
Patient Reported Outcome not available
Patient controlled analgesia started
Patient Controlled Analgesia (PCA)
PATIENT FELL AT HOME
Patient ECOG 2, Karnofsky 70
Patient ASA 3
patient COVID positive
MR of the spine shows oedema
MRI 12/03/2018: oedema of L1
CT on 2018-03-12 shows a leak
Since 12/03/2018 paresthesia of the left leg
Dr not informed
Prof follow-up
PR interval prolonged to 240 ms
Ms 3 % of cells
M. tuberculosis in the biopsy
Mycobacterium tuberculosis
Parkinson disease, Horner syndrome, Brown-Séquard syndrome
Cauda equina syndrome
Hodgkin, Kahler and Paget excluded
Lhermitte sign, Lasègue 30°
Babinski positive on the left
Karnofsky 60 %
Morphine 10 mg every 4 h, 60 mg/day
Enoxaparin 4000 IU 0.4 mL
Dexamethasone 4 mg 1-0-1-0
Hb 8.2 g/dL, platelets 45 000/mm3, CRP 120 mg/L
Leucocytes 12000, neutrophils 9800
Blood pressure 80/50 mmHg, pulse 120
SpO2 88 % on 2 L/min
Batch 0123456789A of the cement
Lot 20180312 of PMMA
Device serial number 004578
Dose 30 Gy in 10 fractions
8 Gy x 1 on T9
Vertebra T5-T6-T7
+ 5 mmHg
Grade 3 -> grade 2
Anxiety about the name of the disease
Douleur lombaire majorée à la station debout
Lombalgie aiguë post-procédure
Fièvre à 38,7 °C à J2
Hématome au point de ponction
Fracture-tassement de L1, recul du mur postérieur
Fuite de ciment discale asymptomatique
Embolie pulmonaire bilatérale
Sciatique L5 droite, déficit du releveur à 3/5
Le patient a chuté à domicile
La patiente se plaint de douleurs
Patient transféré en réanimation
Patiente hospitalisée pour douleurs
PATIENTE ALGIQUE
Patient en bon état général
Patient sous morphine
Née prématurément non applicable
Nerf fémoral né de L2
Le 12 mars, majoration de la douleur
Douleur le 12/03/2018 puis amélioration
Hospitalisation du 03/04/2018 au 10/04/2018
Prise de 10 mg à 8 h, 12 h, 16 h
Ténosynovite de De Quervain
Maladie de Kahler exclue
Signe de Lasègue à 40°
Dysphagie, dysphonie
Infection urinaire à E. coli
Infection à S. aureus
Scanner : épidurite T8 T9 T10
Traitement par Oramorph 10 mg
Perfalgan 1 g x 4
Allergie au Bétadine
Paraplégie Frankel C
Score de Tokuhashi 9
Mort subite
Douleur costale à 2 voies d'abord
1 chemin opératoire
Mme
Dr
""".strip().splitlines()


@pytest.mark.parametrize(("what", "text"), [(what, text) for what, texts in NAMING.items() for text in texts])
def test_a_text_that_leads_to_a_person_is_found(what, text):
    assert names_a_person(text) == what


@pytest.mark.parametrize("text", MEDICAL)
def test_medical_wording_names_nobody(text):
    assert names_a_person(text) is None


def test_every_term_of_ctcae_and_every_label_of_the_codebook_names_nobody(codebook):
    words = [*codebook.ctcae, *(label for codes in codebook.all_codelists.values() for label in codes.values())]
    words += [column.label for table in codebook.tables.values() for column in table.columns.values()]
    assert [word for word in words if names_a_person(word)] == []


def test_no_column_of_the_codebook_is_named_like_an_identifier(codebook):
    named = {c for table in codebook.tables.values() for c in table.columns if identifies(c)}
    assert named == set()


@pytest.mark.parametrize(
    "column",
    [
        "name",
        "Nom",
        "NOM",
        "Prénom",
        "prenom_patient",
        "initials",
        "Initiales",
        "dob",
        "DOB",
        "date_of_birth",
        "birth_date",
        "BirthDate",
        "ddn",
        "date_naissance",
        "IPP",
        "ipp_patient",
        "NIP",
        "nir",
        "N°INSEE",
        "insee",
        "ssn",
        "MRN",
        "phone_number",
        "Tel",
        "tél.",
        "téléphone",
        "Mobile",
        "e-mail",
        "E_MAIL",
        "courriel",
        "address",
        "Adresse",
        "adresse_postale",
        "ZIP",
        "code_postal",
        "ville",
        "patient_name",
        "patientLastName",
        "family_name",
        "medecin_traitant",
        "contact",
    ],
)
def test_a_column_named_like_an_identifier_is_recognised(column):
    assert identifies(column)


@pytest.mark.parametrize(
    "column",
    [
        "subject_id",
        "site_id",
        "visit",
        "vas",
        "term",
        "verbatim",
        "comment",
        "tumour_size",
        "nominal",
        "nominee",
        "telomere",
        "mobility_score",
        "medication",
        "rupture",
        "dominance",
        "surgery",
        "renal_function",
        "nodule",
        "insulin",
        "inspection",
        "elastic",
        "zipper",
        "nomenclature",
    ],
)
def test_a_column_of_measurements_is_not(column):
    assert not identifies(column)


def subjects(*names):
    return {"patients": pd.DataFrame({"subject_id": pd.array(names, dtype="str")}, index=range(2, 2 + len(names)))}


@pytest.mark.parametrize(
    "subject", ["JD-17031954", "JD17031954", "jd_19540317", "19540317-JD", "DUPONT", "JMD", "Jean-D"]
)
def test_a_subject_identifier_made_of_initials_and_birth_date_or_of_letters_is_refused(codebook, subject):
    found = list(identifier_findings([subjects("01-001", subject)], codebook))
    assert [(f.row, f.rule) for f in found] == [(3, "direct-identifier")]
    assert subject not in found[0].message  # a report can be passed on


@pytest.mark.parametrize("subject", ["SYN-01-001", "01-001", "0100000001", "FR-001", "CLB01000123", "A1", "K-99-99"])
def test_a_pseudonym_is_left_alone(codebook, subject):
    assert list(identifier_findings([subjects(subject)], codebook)) == []


def test_running_numbers_that_read_as_dates_are_told_from_dates_of_birth(codebook):
    running = [f"LB0101{k:02d}" for k in range(1, 13)]
    assert list(identifier_findings([subjects(*running)], codebook)) == []
    born = ["LB120354", "MD230448", "JP010761", "AC300939", "PL171255", "VT051142"]
    found = list(identifier_findings([subjects(*born)], codebook))
    assert [(f.row, f.message) for f in found] == [
        (None, "the identifiers look like initials and a date of birth of six digits.")
    ]


def test_a_column_that_a_person_reviewed_is_accepted(codebook):
    events = pd.DataFrame({"verbatim": pd.array(["Mme Dupont fell"], dtype="str")}, index=[2])
    tables = {"adverse_events": events}
    assert [f.row for f in identifier_findings([tables], codebook)] == [2]
    assert list(identifier_findings([tables], codebook, ("adverse_events.verbatim",))) == []
    with pytest.raises(ConfigError, match=r"privacy\.reviewed: there is no column adverse_events\.text"):
        list(identifier_findings([tables], codebook, ("adverse_events.text",)))


@pytest.mark.parametrize(
    "text", ["a" * 10_000, "0" * 10_000, "a." * 5_000, "+1 " * 4_000, "Mr " * 4_000, "12 rue de " * 999]
)
def test_no_text_takes_long_to_look_through(text):
    began = time.perf_counter()
    names_a_person(text)
    assert time.perf_counter() - began < 0.5
