"""A contract for import-linter: inside an app every import points down, wherever a module is named after a flow.

import-linter's own `layers` wants every module listed; here one layer is `*`, all modules not named in another.
"""

from itertools import product
from typing import cast

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output

THE_OTHERS = "*"


class RoomsContract(Contract):
    """`layers`, top first, are names of modules separated by commas; `ignored` names stand outside."""

    containers = fields.ListField(subfield=fields.StringField())
    layers = fields.ListField(subfield=fields.StringField())
    ignored = fields.ListField(subfield=fields.StringField(), required=False, default=[])

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        upward = [
            f"{importer} -> {imported}"
            for container in cast("list[str]", self.containers)
            for importer, imported in product(sorted(graph.find_children(container)), repeat=2)
            if self._looks_up(importer, imported)
            and graph.direct_import_exists(importer=importer, imported=imported, as_packages=True)
        ]
        return ContractCheck(kept=not upward, metadata={"upward": upward})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for line in cast("list[str]", check.metadata["upward"]):
            output.print_error(line)

    def _looks_up(self, importer: str, imported: str) -> bool:
        names = [module.rpartition(".")[2] for module in (importer, imported)]
        if set(names) & set(cast("list[str]", self.ignored)):
            return False
        return self._depth(names[0]) > self._depth(names[1])

    def _depth(self, name: str) -> int:
        layers = [[word.strip() for word in layer.split(",")] for layer in cast("list[str]", self.layers)]
        named = next((depth for depth, names in enumerate(layers) if name in names), None)
        return layers.index([THE_OTHERS]) if named is None else named
