"""Telling people and other systems: chat, mail, pagers, Alertmanager, signed webhooks.

Flows in: notices of the rooms above. Flows out: deliveries, tried again until they arrive, and what became of each.
"""
