"""Drawings of networks in and out: from other tools' files to a scenario, and back.

Read in this order: `drawing` (what every source comes to), the readers `graphml`, `site_list` and
`containerlab` (pure: bytes to a drawing, and words on what it does not say), `names`, `lines` and
`equipment` (what is assumed for that), `importer` (the way through them to the text of a
scenario), `graphml_export` and `mermaid`. Nothing is assumed without a word about it.
"""
