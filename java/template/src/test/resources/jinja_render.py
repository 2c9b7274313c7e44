"""Renders templates as transformers does: a JSON object of cases on standard input, their texts or errors on standard output."""
import datetime
import json
import sys

import jinja2
from jinja2.ext import loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment


class Generation(jinja2.ext.Extension):
    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("_body"), [], [], body).set_lineno(line)

    def _body(self, caller):
        return caller()


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


asked = json.load(sys.stdin)
now = datetime.datetime.fromisoformat(asked["now"])
environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, loopcontrols])
environment.filters["tojson"] = tojson
environment.globals["raise_exception"] = raise_exception
environment.globals["strftime_now"] = now.strftime
answers = []
for template in asked["templates"]:
    try:
        answers.append({"text": environment.from_string(template).render(**asked["context"])})
    except Exception as error:  # any failure of a template is an answer
        answers.append({"error": f"{type(error).__name__}: {error}"})
json.dump(answers, sys.stdout)
