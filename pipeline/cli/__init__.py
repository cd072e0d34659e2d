"""The command line: the only reader of arguments and environment, the only one that prints or exits.

One module per family of commands; each registers its commands with `@app.command()`, and `commands.COMMANDS` names it.
"""
