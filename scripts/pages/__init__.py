"""The generated pages of docs/, one module each; `generate_docs.py` writes or checks them."""
