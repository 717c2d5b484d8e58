"""Paige on a machine: what is put where, whether it is there already, and how it goes away again.

`program` says which files a relocatable program is made of; `place` where each thing belongs; `folder`,
`text` and `services` are the steps; `plan` puts them together; `carry` does or undoes them.
"""
