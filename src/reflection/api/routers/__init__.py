"""One file per subject of the HTTP interface; `reflection.api.policies` lists them all."""
