"""What people suppose the cause to be: who finds out how, by which evidence, and what came of it."""
