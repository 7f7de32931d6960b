"""The peer of `inner-runs` by hand: transformers' `generate`, one forward and backward pass, AdamW; default threading.

    python pytorch_rloo.py MODEL_FOLDER

A request is one inner run: see `peerRequest` in bench/students.mjs.
"""
import sys
import time

import torch
import transformers
from transformers import AutoModelForCausalLM, AutoTokenizer

from judging import reward, special_tokens
from rounds import serve

folder = sys.argv[1]
transformers.logging.set_verbosity_error()
torch.manual_seed(0)
start_weights = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
end = start_weights.generation_config.eos_token_id
tokenizer = special_tokens(AutoTokenizer.from_pretrained(folder), end)
pieces = [tokenizer.convert_ids_to_tokens(i) or "" for i in range(start_weights.config.vocab_size)]


def run(request):
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    o, group, sampled, rewards = request["optimizer"], request["groupSize"], 0, []
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=o["learningRate"], betas=(o["beta1"], o["beta2"]), eps=o["epsilon"], weight_decay=o["weightDecay"]
    )
    start = time.perf_counter()
    for _ in range(request["steps"]):
        prompts = tokenizer([row["prompt"] for row in request["dataset"]], return_tensors="pt", padding=True)
        length = prompts["input_ids"].shape[1]
        with torch.inference_mode():
            rows = model.generate(
                input_ids=prompts["input_ids"], attention_mask=prompts["attention_mask"], do_sample=True, temperature=1.0,
                top_k=0, top_p=1.0, num_return_sequences=group, max_new_tokens=request["maxNewTokens"], eos_token_id=end,
                pad_token_id=tokenizer.pad_token_id,
            )
        rows = rows.clone()
        drawn = rows[:, length:]
        ended = (drawn == end).int().cumsum(1)
        kept = ((ended == 0) | ((ended == 1) & (drawn == end))).float()
        lengths = kept.sum(1).int().tolist()
        sampled += sum(lengths)
        texts = ["".join(pieces[i] for i in row[:n]) for row, n in zip(drawn.tolist(), lengths)]
        levels = torch.tensor([
            float(reward(request["judge"], request["rewards"], text, request["dataset"][i // group]["answer"]))
            for i, text in enumerate(texts)
        ])
        rewards.append(levels.mean().item())
        groups = levels.view(-1, group)
        advantages = ((groups - groups.mean(1, keepdim=True)) * group / (group - 1)).flatten()
        mask = torch.cat((prompts["attention_mask"].repeat_interleave(group, 0), kept.long()), 1)
        positions = (mask.cumsum(1) - 1).clamp(min=0)
        logits = model(
            rows, attention_mask=mask, position_ids=positions, use_cache=False, logits_to_keep=drawn.shape[1] + 1
        ).logits[:, :-1]
        logp = logits.log_softmax(-1).gather(2, drawn[:, :, None])[:, :, 0]
        # On policy: the ratio is one, its gradient that of the log-probability.
        ratio = (logp - logp.detach()).exp()
        loss = -(ratio * advantages[:, None] * kept).sum() / len(rows)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), o["maxGradNorm"])
        optimizer.step()
    return {"seconds": time.perf_counter() - start, "sampled": sampled, "rewards": rewards}


serve(
    f"PyTorch {torch.__version__} and transformers {transformers.__version__}, {torch.get_num_threads()} threads", run
)
