"""A loop without end meets the limit of time, inside the interpreter."""
print("on", flush=True)
while True:
    pass
#! limit time=6s
#! exit 134
#! stderr time
#> on
