"""How to judge, combine, price and explain; an agreement's rules as data, and the language they are written in."""
