"""How answers are drawn. Each function makes a whole panel; the board gives it its place."""
