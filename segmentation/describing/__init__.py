"""What sets each segment apart: differences, rules, outcomes, and the names and words made from them."""
