"""What lines of the French registers are held to, as a table of rules.

An error rejects the line, a warning travels on as a count. What the registry itself refuses, and
what would make a fact wrong, is an error; what it refuses for its form alone is a warning. No
rule and no finding ever holds a value of a line.
"""

from __future__ import annotations

from producers.adapters.fr_registry.registers import REGISTERS
from schemas.findings import Rule, Severity

_REGISTRY = "French waste registry, rules of its second version"
_OURS = "weighbridge"
_LOW = "Decision 2000/532/EC"
_ERROR = Severity.ERROR
_WARNING = Severity.WARNING

# The nearest register is named, so that whoever mixed two of them knows which one to look at.
HEADER_RULES = tuple(
    Rule(
        f"fr.header.{register.name}",
        _ERROR,
        f"these are nearly the columns of the register of {register.label}, but this one is not among them, "
        "or is missing: use the registry's template; nothing of the file was read",
        _REGISTRY,
    )
    for register in REGISTERS
)

RULES = (
    *HEADER_RULES,
    Rule(
        "fr.header.repeated", _ERROR, "two columns have this label: remove one; nothing was read", _REGISTRY
    ),
    Rule(
        "fr.row.cells",
        _ERROR,
        "the row has more cells than the header: put cells that hold a semicolon between quotation marks",
        _REGISTRY,
    ),
    Rule(
        "fr.register.unknown",
        _ERROR,
        "say which register these lines are of, in an envelope {register, lines} or by --set register=...: "
        + ", ".join(register.name for register in REGISTERS),
        _OURS,
    ),
    Rule("fr.field.missing", _ERROR, "the register requires it: fill it in", _REGISTRY),
    Rule("fr.field.type", _ERROR, "write a text, or a list of texts where the field is a list", _REGISTRY),
    Rule(
        "fr.reason.unknown",
        _ERROR,
        "leave the reason empty for a new line; MODIFIER corrects, ANNULER withdraws one",
        _REGISTRY,
    ),
    Rule(
        "fr.id.form",
        _ERROR,
        "the identifier of a line has 1 to 36 letters, digits, points, hyphens, slashes, underscores",
        _REGISTRY,
    ),
    Rule(
        "fr.siret.invalid", _ERROR, "a SIRET has 14 digits that pass its check: correct it", "INSEE, SIRENE"
    ),
    Rule("fr.date.invalid", _ERROR, "write the day as 2026-03-31", _REGISTRY),
    Rule(
        "fr.date.spelling",
        _WARNING,
        "the day was read before the month, the registry reads the month first: write 2026-03-31",
        _REGISTRY,
    ),
    Rule("fr.date.order", _WARNING, "the end lies before the beginning: check both dates", _REGISTRY),
    Rule(
        "fr.date.choice",
        _ERROR,
        "state either the day of use or the day of dispatch: one of them ended the waste",
        _REGISTRY,
    ),
    Rule("fr.hour.invalid", _ERROR, "write the hour of weighing as 08:25", _REGISTRY),
    Rule("fr.amount.number", _ERROR, "write a number alone, such as 12,345", _REGISTRY),
    Rule(
        "fr.amount.range",
        _ERROR,
        "tonnes or cubic metres above 0 and up to 10 000: check the unit",
        _REGISTRY,
    ),
    Rule("fr.amount.decimals", _ERROR, "state at most three decimals", _REGISTRY),
    Rule("fr.weight.type", _ERROR, "a weight is REEL or ESTIME", _REGISTRY),
    Rule(
        "fr.weight.estimated",
        _ERROR,
        "what goes to R1, D5 or D10 is weighed: state the weight as REEL",
        _REGISTRY,
    ),
    Rule("fr.flag.unknown", _ERROR, "write OUI or NON", _REGISTRY),
    Rule("fr.ewc.form", _ERROR, "write the six digits of a List of Waste code, with its asterisk", _LOW),
    Rule(
        "fr.ewc.secondary",
        _WARNING,
        "write each secondary code as six digits, separated by commas; this one does not travel",
        _LOW,
    ),
    Rule(
        "fr.ewc.asterisk",
        _WARNING,
        "the asterisk differs from the List of Waste, whose entry decides: correct the code",
        _LOW,
    ),
    Rule(
        "fr.ewc.missing",
        _WARNING,
        "without a waste code it is not known what this is: state it, if it is waste",
        _REGISTRY,
    ),
    Rule(
        "fr.hazard.conflict",
        _WARNING,
        "waste with persistent pollutants or an asterisk is hazardous: correct one of them; it counts so",
        _REGISTRY,
    ),
    Rule(
        "fr.basel.form",
        _WARNING,
        "write one Basel code, such as B3011; it does not travel",
        "Basel Convention",
    ),
    Rule("fr.operation.unknown", _ERROR, "use an operation of the registry, such as R 5 or D 9 F", _REGISTRY),
    Rule(
        "fr.operation.next",
        _WARNING,
        "after an interim operation say which one follows, and whether the waste can be traced to it",
        _REGISTRY,
    ),
    Rule(
        "fr.operation.export",
        _WARNING,
        "waste leaves the EU and EFTA for disposal, which the law forbids: check operation and destination",
        "Regulation (EU) 2024/1157, Article 37",
    ),
    Rule(
        "fr.mode.unknown",
        _ERROR,
        "use REUTILISATION, RECYCLAGE, VALORISATION_ENERGETIQUE, AUTRES_VALORISATIONS or ELIMINATION",
        _REGISTRY,
    ),
    Rule(
        "fr.mode.operation",
        _WARNING,
        "mode and operation do not go together: a final operation has a mode, disposal ELIMINATION, recovery "
        "another one, interim operations none",
        _REGISTRY,
    ),
    Rule(
        "fr.company.type",
        _ERROR,
        "use ETABLISSEMENT_FR, ENTREPRISE_UE, ENTREPRISE_HORS_UE, ASSOCIATION, PERSONNE_PHYSIQUE or COMMUNES",
        _REGISTRY,
    ),
    Rule(
        "fr.company.id",
        _WARNING,
        "the number has not the form that this type of company has: correct it; it counts as unknown",
        _REGISTRY,
    ),
    Rule("fr.country.unknown", _ERROR, "use an ISO 3166-1 code of two capital letters", "ISO 3166-1"),
    Rule("fr.country.missing", _WARNING, "state the country: it counts as unknown", _REGISTRY),
    Rule(
        "fr.shipment.form",
        _ERROR,
        "a notification has two or three letters, a declaration A7E or A7I, and six to ten digits",
        _REGISTRY,
    ),
    Rule(
        "fr.shipment.serial",
        _WARNING,
        "state the serial number of the movement under its notification, one to six digits: without it no "
        "other agency's report can be recognised as the same load",
        _OURS,
    ),
)
RULES_BY_ID = {rule.id: rule for rule in RULES}
