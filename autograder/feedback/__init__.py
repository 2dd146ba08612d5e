"""A verdict told: as text, as cards with their pictures, and the parts that pages are made of."""
