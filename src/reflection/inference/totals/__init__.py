"""What booking something brings, against what is usual: total effects and budgets. Must not know advice."""
