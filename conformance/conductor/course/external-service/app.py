"""Says the number of the request, which it asks the counter for: app.py URL-OF-COUNTER"""
import json
import sys
import urllib.request

from flask import Flask

app = Flask(__name__)


@app.route("/")
def number():
    with urllib.request.urlopen(sys.argv[1], timeout=5) as answer:
        return "request number %d\n" % json.load(answer)["count"]


app.run(host="0.0.0.0", port=8080)
