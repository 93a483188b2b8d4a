"""What several metrics do not see."""

PAIRS = "Which cell became which."
MEANS = "Everything but means: a prediction without variance is perfect."
RECALLS = "Genes that are wrongly regulated: the more, the higher. Variance: none helps."
