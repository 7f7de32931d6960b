"""Loads exported model folders with transformers and compares them with what our engine says of the same policies.

Started by `node bench/exports.mjs`, with the path of a JSON file: a list of models, each with its folder, sequences with the
log-probabilities of their completions by our engine (of the model, and of its base model), and texts with token ids. Prints one
line of JSON. Needs torch, transformers and peft.
"""

import json
import os
import sys

import peft
import torch
import transformers
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedTokenizerFast


@torch.no_grad()
def compare(case):
    folder = base = case["folder"]
    adapted = os.path.exists(os.path.join(folder, "adapter_config.json"))
    if adapted:
        base = peft.PeftConfig.from_pretrained(folder).base_model_name_or_path
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    if adapted:
        model = peft.PeftModel.from_pretrained(model, folder)
    model = model.eval()
    # By the model's type AutoTokenizer puts Qwen's own rules in the place of those in tokenizer.json: the tiny models have others.
    tokenizer = (PreTrainedTokenizerFast if case.get("plainTokenizer") else AutoTokenizer).from_pretrained(base)
    difference = from_base = tokens = 0
    for sequence in case["sequences"]:
        ids = torch.tensor([sequence["tokens"]])
        start = sequence["promptLength"]
        every = torch.log_softmax(model(ids).logits[0, start - 1 : -1].double(), dim=-1)
        found = every.gather(1, ids[0, start:, None])[:, 0]
        distance = lambda values: (found - torch.tensor(values, dtype=torch.float64)).abs().max().item()
        difference = max(difference, distance(sequence["logprobs"]))
        from_base = max(from_base, distance(sequence["baseLogprobs"]))
        tokens += len(found)
    encodings = case["encodings"]
    wrong = sum(tokenizer(each["text"]).input_ids != each["ids"] for each in encodings)
    return {
        "name": case["name"],
        "dtype": str(model.dtype).removeprefix("torch."),
        "tokens": tokens,
        "difference": difference,
        "fromBase": from_base,
        "encodings": len(encodings),
        "wrongEncodings": wrong,
    }


with open(sys.argv[1]) as file:
    cases = json.load(file)
about = f"torch {torch.__version__}, transformers {transformers.__version__}, PEFT {peft.__version__}"
print(json.dumps({"about": about, "models": [compare(case) for case in cases]}))
