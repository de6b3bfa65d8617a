import pickle
def write(found, out, **kw):
    pickle.dump((found,kw), open(out/"found.pkl","wb"))
