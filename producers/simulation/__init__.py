"""A simulation of waste that moves and of what each agency is told of it, with the truth beside it.

`weighbridge simulate OUT` writes

    OUT/truth.json        what a hub must hold once everything is delivered
    OUT/movements.csv     what truly moved, a row for each load
    OUT/table.toml        the mapping of the table, where there is one
    OUT/documents/NAME/   documents of one source, in folders by wave:
                          1-first, 2-corrections, 3-late, 4-again

A source is read by `weighbridge adapter run ADAPTER OUT/documents/NAME` with the settings that stand in
the truth (`mapping` is relative to OUT); or file by file into another folder, in the order of waves and of
names, with the dates of the files, by which adapters order what has no order of its own. Each file is
delivered once; then the answers hold whatever crashed on the way.

truth.json
    sources   for each: agency, adapter, folder, settings, files, documents, and `rejects`: how many
              documents are refused, by the first rule that each breaks. A document that is refused again
              in a later upload counts again.
    answers   by name `query` and `rows`: `weighbridge hub sql QUERY --json --rows 100000` must yield
              exactly these rows, in this order, from a hub that has read everything.
              figures      grams, statements and statements without mass, by agency, flow, measure,
                           region, partner, material, List of Waste code, operation and quarter
              companies    how many companies are behind each measure of a system in a quarter
              passed_over  statements that do not count, as another system states the same load
              progress     how many lines are how far
              pairs        lines that are in the exporter's and the importer's books, and both masses

The truth is reckoned from published definitions in this package; it uses no adapter, no code list and
no hub. The same options give the same bytes.
"""
