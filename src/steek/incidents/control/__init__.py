"""Control of production during an incident: held changes and their approval, agreements, effects of mitigations."""
