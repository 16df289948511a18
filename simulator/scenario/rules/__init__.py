"""Whether the parts of a scenario fit each other, and where its author should look again. Pure.

Read in this order: `facts` (what may be asked), `scenario_rules` (all of them), then the modules
for the network, licenses, subscribers, installation, what fails, and the steps; `warnings` finds
what can be played and may not be meant.
"""
