"""Records what Hugging Face transformers and PyTorch compute on tiny models of each family, for src/engine/conformance/transformers.test.ts.

Run from the root of the repository, after `npm run build`:

    pip install torch==2.13.0 transformers==5.18.0 peft==0.21.0
    python bench/peers/transformers/record.py

Writes, next to itself, per model: a folder as `save_pretrained` writes it (read back by our own reader) and expected.safetensors:
log-probabilities, the gradient of the engine seam's objective by autograd, and the weights after two steps of torch.optim.AdamW;
all computed in double precision, stored in single. expected.json has what is not an array. The tokenizer is our own
`characterTokenizer`, loaded here by Hugging Face's Rust library: what both make of the same texts is recorded as well.
"""

import json
import shutil
import subprocess
from pathlib import Path

import torch
import transformers
from safetensors.torch import save_file
from peft import LoraConfig, get_peft_model
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedTokenizerFast
from tokenizers import Tokenizer

HERE = Path(__file__).parent
ALPHABET = "abcdefgh?=.+ é😀"
SHAPE = dict(
    hidden_size=12, intermediate_size=14, max_position_embeddings=96, rms_norm_eps=1e-3,
    bos_token_id=0, eos_token_id=1 + ALPHABET.index("."),
)
GROUPED = dict(num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, head_dim=4, tie_word_embeddings=False)
MODELS = {
    # Grouped queries, heads wider together than the hidden size, a head of its own.
    "grouped": dict(model_type="llama", **GROUPED),
    "tied": dict(
        model_type="llama", num_hidden_layers=1, num_attention_heads=2, num_key_value_heads=2, head_dim=6, tie_word_embeddings=True
    ),
    # Of its two pairs of features one turns slowly enough to be stretched, one lies between.
    "llama3": dict(
        model_type="llama", **GROUPED,
        rope_parameters=dict(
            rope_type="llama3", rope_theta=50.0, factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
            original_max_position_embeddings=12,
        ),
    ),
    "linear-rope-biases": dict(
        model_type="llama", **GROUPED, attention_bias=True, rope_parameters=dict(rope_type="linear", rope_theta=50.0, factor=3.0)
    ),
    "mistral": dict(model_type="mistral", **GROUPED, sliding_window=80),
    # Its heads are as wide as the hidden size allows.
    "qwen2": dict(model_type="qwen2", **{**GROUPED, "num_attention_heads": 6, "num_key_value_heads": 2, "head_dim": 2}),
    "qwen3": dict(model_type="qwen3", **{**GROUPED, "tie_word_embeddings": True}),
    "smollm3": dict(model_type="smollm3", **GROUPED, no_rope_layers=[1, 0], pad_token_id=None),
    # SmolLM2 is a Llama with grouped queries and a tied head; Qwen2.5 a Qwen2, whose small ones have a tied head.
    "smollm2-bf16-shards": dict(model_type="llama", **{**GROUPED, "tie_word_embeddings": True}),
    "qwen2.5-f16-shards": dict(
        model_type="qwen2", **{**GROUPED, "num_attention_heads": 6, "num_key_value_heads": 2, "head_dim": 2, "tie_word_embeddings": True}
    ),
}
# Saved in half precision and in several files; what is computed, from the numbers that were saved.
HALVES = {"smollm2-bf16-shards": torch.bfloat16, "qwen2.5-f16-shards": torch.float16}
# Prompt, completion.
TEXTS = [("ab?", "cde="), ("?", "a"), ("hgfedcba?", "abcdefgh."), ("", "bb=."), ("c= é", "d😀d+d")]
BATCHES = {
    "policy-gradient": dict(objective="policy-gradient", klCoefficient=0.3),
    "log-likelihood": dict(objective="log-likelihood", klCoefficient=0),
}
STEP = dict(learningRate=0.01, beta1=0.8, beta2=0.9, epsilon=1e-3, weightDecay=0.1, maxGradNorm=0.5)


def tokenizer_json():
    program = (
        "import('./dist/checkpoints/tokenizer-file.js')"
        f".then(({{ characterTokenizer }}) => console.log(JSON.stringify(characterTokenizer({json.dumps(ALPHABET)}, '^'))))"
    )
    return subprocess.run(["node", "-e", program], check=True, capture_output=True, text=True).stdout


def rounded(value):
    """To what a Float32Array holds, so that both sides start from the same numbers."""
    return torch.tensor(value, dtype=torch.float32).double()


def sequences(model, tokenizer):
    begin = [tokenizer.token_to_id("^")]
    out = []
    for prompt, completion in TEXTS:
        prompt_ids = tokenizer.encode(prompt).ids
        completion_ids = [i for i in tokenizer.encode(completion).ids if i not in begin]
        tokens = prompt_ids + completion_ids
        length = len(completion_ids)
        with torch.no_grad():
            own = completion_logprobs(model, tokens, len(prompt_ids))
        near = lambda spread: rounded((own + spread * (torch.rand(length).double() - 0.5)).tolist())
        out.append(
            dict(
                tokens=tokens,
                promptLength=len(prompt_ids),
                advantage=rounded((2 * torch.rand(length) - 1).tolist()),
                weight=rounded((0.1 + 0.2 * torch.rand(length)).tolist()),
                logprobs=rounded(own.tolist()),
                samplerLogprobs=near(0.6),
                referenceLogprobs=near(1.5),
            )
        )
    return out


def all_logprobs(model, tokens):
    return torch.log_softmax(model(torch.tensor([tokens])).logits[0], dim=-1)


def completion_logprobs(model, tokens, prompt_length):
    logprobs = all_logprobs(model, tokens)
    return torch.stack([logprobs[t - 1, tokens[t]] for t in range(prompt_length, len(tokens))])


def loss_of(model, batch, data):
    """L as `TrainingBatch` in src/engine/engine.ts states it."""
    loss = torch.zeros((), dtype=torch.float64)
    for s in data:
        logp = completion_logprobs(model, s["tokens"], s["promptLength"])
        gain = torch.exp(logp - s["samplerLogprobs"]) if batch["objective"] == "policy-gradient" else logp
        difference = s["referenceLogprobs"] - logp
        k3 = torch.exp(difference) - difference - 1
        loss = loss + (s["weight"] * (batch["klCoefficient"] * k3 - gain * s["advantage"])).sum()
    return loss


def parameters(model):
    """Each tensor once, under its name in a checkpoint."""
    return dict(model.named_parameters())


def gradient(model, batch, data):
    model.zero_grad()
    loss = loss_of(model, batch, data)
    loss.backward()
    return loss.item(), {name: p.grad.clone() for name, p in parameters(model).items()}


def generated(model, prompt):
    """64 tokens, whatever ends a text."""
    ids = torch.tensor([prompt])
    # Without the mask, the beginning-of-text token would be taken for padding.
    model.generation_config.eos_token_id = None
    out = model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=64, do_sample=False, pad_token_id=0)
    return out[0].tolist()[len(prompt) :]


def record(name, shape, tokenizer):
    torch.manual_seed(7)
    rope = {"rope_type": "default", "rope_theta": 50.0}
    config = AutoConfig.for_model(**{"vocab_size": tokenizer.get_vocab_size(), "rope_parameters": rope, **SHAPE, **shape})
    model = AutoModelForCausalLM.from_config(config, attn_implementation="eager")
    with torch.no_grad():
        for key, p in parameters(model).items():
            middle = 1.0 if "norm" in key else 0.0
            spread = 0.5 if p.dim() == 1 else 1.0 if "embed" in key else 1.2 / p.shape[1] ** 0.5
            p.copy_(middle + spread * torch.randn_like(p))
    folder = HERE / "models" / name
    shutil.rmtree(folder, ignore_errors=True)
    if name in HALVES:
        model.to(HALVES[name]).save_pretrained(folder, max_shard_size="2KB")
        # Read back, so that the rotary frequencies are not rounded.
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager")
    else:
        model.save_pretrained(folder)
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="^").save_pretrained(folder)
    model = model.double().eval()
    data = sequences(model, tokenizer)
    arrays = {"logprobs": all_logprobs(model, data[2]["tokens"]).detach()}
    losses = {}
    for key, batch in BATCHES.items():
        losses[key], gradients = gradient(model, batch, data)
        arrays[f"gradient/{key}"] = torch.cat([g.flatten() for g in gradients.values()])
    greedy = [generated(model, s["tokens"][: s["promptLength"]]) for s in data]
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=STEP["learningRate"], betas=(STEP["beta1"], STEP["beta2"]), eps=STEP["epsilon"],
        weight_decay=STEP["weightDecay"],
    )
    norms = []
    for key in BATCHES:
        gradient(model, BATCHES[key], data)
        norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), STEP["maxGradNorm"]).item())
        optimizer.step()
    arrays["weights/after-two-steps"] = torch.cat([p.detach().flatten() for p in parameters(model).values()])
    save_file({key: a.float().contiguous() for key, a in arrays.items()}, folder / "expected.safetensors")
    facts = dict(
        names=list(parameters(model)), step=STEP, batches=BATCHES, losses=losses, norms=norms, greedy=greedy,
        sequences=[{k: v.tolist() if isinstance(v, torch.Tensor) else v for k, v in s.items()} for s in data],
        encodings=[dict(text=t, ids=tokenizer.encode(t).ids, decoded=tokenizer.decode(tokenizer.encode(t).ids))
                   for t in ["", "a", "ab?", "c= é 😀.", " . + ?", "^a", "".join(ALPHABET)]],
        versions=dict(torch=torch.__version__, transformers=transformers.__version__),
    )
    (folder / "expected.json").write_text(json.dumps(facts, ensure_ascii=False) + "\n")


def record_adapters(name, spread):
    """LoRA beside a frozen model: PEFT's own folder, and what it computes. Some models run away from far adapters: ratios of 1e4."""
    folder = HERE / "models" / name
    facts = json.loads((folder / "expected.json").read_text())
    data = [
        {k: torch.tensor(v).double() if isinstance(v, list) and k != "tokens" else v for k, v in s.items()}
        for s in facts["sequences"]
    ]
    torch.manual_seed(11)
    base = AutoModelForCausalLM.from_pretrained(folder, attn_implementation="eager")
    lora = LoraConfig(
        r=3, lora_alpha=5, target_modules=["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
        lora_dropout=0.0, task_type="CAUSAL_LM",
    )
    model = get_peft_model(base, lora)
    model.peft_config["default"].base_model_name_or_path = ".."
    trained = {n: p for n, p in model.named_parameters() if p.requires_grad}
    with torch.no_grad():
        for p in trained.values():
            p.copy_(spread * torch.randn_like(p))
    model.save_pretrained(folder / "adapter")
    for extra in ("README.md",):
        (folder / "adapter" / extra).unlink(missing_ok=True)
    model = model.double().eval()
    flat = lambda tensors: torch.cat([t.detach().flatten() for t in tensors])
    key, batch = "policy-gradient", BATCHES["policy-gradient"]
    arrays = {"logprobs": all_logprobs(model, data[2]["tokens"]).detach()}

    def backward():
        model.zero_grad()
        loss = loss_of(model, batch, data)
        loss.backward()
        return loss.item()

    loss = backward()
    arrays[f"gradient/{key}"] = flat(p.grad for p in trained.values())
    optimizer = torch.optim.AdamW(
        trained.values(), lr=STEP["learningRate"], betas=(STEP["beta1"], STEP["beta2"]), eps=STEP["epsilon"],
        weight_decay=STEP["weightDecay"],
    )
    for _ in range(2):
        backward()
        torch.nn.utils.clip_grad_norm_(trained.values(), STEP["maxGradNorm"])
        optimizer.step()
    arrays["weights/after-two-steps"] = flat(trained.values())
    merged = model.merge_and_unload()
    arrays["logprobs/after-two-steps"] = all_logprobs(merged, data[2]["tokens"]).detach()
    save_file({k: a.float().contiguous() for k, a in arrays.items()}, folder / "adapter" / "expected.safetensors")
    names = [n.replace(".default.weight", ".weight") for n in trained]
    (folder / "adapter" / "expected.json").write_text(json.dumps(dict(names=names, loss=loss)) + "\n")


if __name__ == "__main__":
    tokenizer = Tokenizer.from_str(tokenizer_json())
    for name, shape in MODELS.items():
        record(name, shape, tokenizer)
    for name in MODELS:
        record_adapters(name, 0.25 if name in ("grouped", "qwen2") else 0.08)
