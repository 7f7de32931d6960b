"""The peer of `real-models`: transformers' own model on the CPU, in single precision, with PyTorch's default threading; LoRA by PEFT.

    python transformers_models.py MODEL_FOLDER LORA_RANK

Requests: {"do": "sample", "prompts": [[...]], "samples": 8, "new": 64}: `generate` with its cache, temperature 1, no truncation, every
row reads its prompt; {"do": "train", "tokens": [[...]], "prompt": 64, "advantages": [...]}: one AdamW step of the adapters on the
policy gradient of the completions, logits at completion positions alone, in micro-batches of MICRO rows.
"""
import resource
import sys
import time

import peft
import torch
import transformers
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

from rounds import serve

MICRO = 8
start = time.perf_counter()
model = AutoModelForCausalLM.from_pretrained(sys.argv[1], dtype=torch.float32)
loaded = time.perf_counter() - start
targets = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
rank = int(sys.argv[2])
model = get_peft_model(model, LoraConfig(r=rank, lora_alpha=2 * rank, target_modules=targets, task_type="CAUSAL_LM"))
trained = [p for p in model.parameters() if p.requires_grad]
optimizer = torch.optim.AdamW(trained, lr=1e-5, weight_decay=0)
model.generation_config.eos_token_id = None


def sample(request):
    rows = torch.tensor([prompt for prompt in request["prompts"] for _ in range(request["samples"])])
    with torch.inference_mode():
        out = model.generate(
            input_ids=rows, attention_mask=torch.ones_like(rows), max_new_tokens=request["new"], min_new_tokens=request["new"],
            do_sample=True, temperature=1.0, top_k=0, top_p=1.0, pad_token_id=0, use_cache=True,
        )
    assert out.shape[1] == rows.shape[1] + request["new"]


def train(request):
    model.train()
    tokens, prompt = torch.tensor(request["tokens"]), request["prompt"]
    advantages = torch.tensor(request["advantages"], dtype=torch.float32)
    new = tokens.shape[1] - prompt
    optimizer.zero_grad()
    for i in range(0, len(tokens), MICRO):
        part = tokens[i : i + MICRO]
        logits = model(input_ids=part[:, :-1], logits_to_keep=new).logits
        logp = torch.log_softmax(logits, -1).gather(-1, part[:, prompt:, None])[..., 0]
        ratio = torch.exp(logp - logp.detach())
        (-(ratio * advantages[i : i + MICRO, None]).sum() / len(tokens)).backward()
    optimizer.step()


def act(request):
    begin = time.perf_counter()
    {"sample": sample, "train": train}[request["do"]](request)
    seconds = time.perf_counter() - begin
    return {"seconds": seconds, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, "loaded": loaded}


serve(
    f"transformers {transformers.__version__}, PEFT {peft.__version__}, PyTorch {torch.__version__}, {torch.get_num_threads()} threads",
    act,
)
