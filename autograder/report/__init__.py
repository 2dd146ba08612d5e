"""What an instructor sees of a class: `autograder report`.

It only reads. Marks are the gradebook's, a person's corrections among them; outcomes and mistakes
are from the records that marking left in the autograded notebooks.
"""
