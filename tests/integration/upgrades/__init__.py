"""Today's code on what earlier versions left behind."""
