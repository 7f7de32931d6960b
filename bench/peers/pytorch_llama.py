"""The peer of `training-step` and `sampling`: the same Llama by hand in PyTorch, with PyTorch's default threading.

    python pytorch_llama.py MODEL_FOLDER

Requests: {"do": "train", "tokens": [[...]], "prompt": 64, "optimizer": {...}}: one AdamW step on the mean log-likelihood of what follows
the first `prompt` tokens;
{"do": "sample", "prompts": [[...]], "samples": 16, "new": 96, "prefill": "rows" | "prompts"}: temperature 1, preallocated cache.
"""
import json
import struct
import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F

from rounds import serve

folder = Path(sys.argv[1])
config = json.loads((folder / "config.json").read_text())
D, LAYERS, HEADS = config["hidden_size"], config["num_hidden_layers"], config["num_attention_heads"]
FF, VOCABULARY, CONTEXT = config["intermediate_size"], config["vocab_size"], config["max_position_embeddings"]
SIZE = D // HEADS
assert config["num_key_value_heads"] == HEADS and config["tie_word_embeddings"]


def safetensors(path):
    data = bytearray(path.read_bytes())
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    body = memoryview(data)[8 + length :]
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        yield name, torch.frombuffer(body[begin:end], dtype=torch.float32).reshape(entry["shape"])


class Norm(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(D))

    def forward(self, x):
        return F.rms_norm(x, (D,), self.weight, config["rms_norm_eps"])


class Layer(torch.nn.Module):
    def __init__(self):
        super().__init__()
        linear = lambda i, o: torch.nn.Linear(i, o, bias=False)
        self.norm1, self.norm2 = Norm(), Norm()
        self.qkv, self.out = linear(D, 3 * D), linear(D, D)
        self.gate_up, self.down = linear(D, 2 * FF), linear(FF, D)

    def forward(self, x, cos, sin, attend):
        b, t, _ = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(b, t, 3, HEADS, SIZE).permute(2, 0, 3, 1, 4)
        x = x + self.out(attend(rotate(q, cos, sin), rotate(k, cos, sin), v).transpose(1, 2).reshape(b, t, D))
        gate, up = self.gate_up(self.norm2(x)).chunk(2, -1)
        return x + self.down(F.silu(gate) * up)


def rotate(x, cos, sin):
    a, b = x.chunk(2, -1)
    return x * cos + torch.cat((-b, a), -1) * sin


class Llama(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = torch.nn.Embedding(VOCABULARY, D)
        self.layers = torch.nn.ModuleList(Layer() for _ in range(LAYERS))
        self.norm = Norm()
        theta = config.get("rope_theta") or config["rope_parameters"]["rope_theta"]
        angles = torch.arange(CONTEXT)[:, None] * float(theta) ** (-torch.arange(0, SIZE, 2) / SIZE)
        angles = torch.cat((angles, angles), -1)
        self.register_buffer("cos", angles.cos())
        self.register_buffer("sin", angles.sin())

    def forward(self, tokens, start, attend):
        x, end = self.embed(tokens), start + tokens.shape[1]
        for i, layer in enumerate(self.layers):
            x = layer(x, self.cos[start:end], self.sin[start:end], lambda q, k, v, i=i: attend(i, q, k, v))
        return self.norm(x)

    def logits(self, hidden):
        return F.linear(hidden, self.embed.weight)

    @torch.no_grad()
    def load(self, tensors):
        w = dict(tensors)
        self.embed.weight.copy_(w["model.embed_tokens.weight"])
        self.norm.weight.copy_(w["model.norm.weight"])
        for i, layer in enumerate(self.layers):
            at = lambda name: w[f"model.layers.{i}.{name}.weight"]
            layer.norm1.weight.copy_(at("input_layernorm"))
            layer.norm2.weight.copy_(at("post_attention_layernorm"))
            layer.qkv.weight.copy_(torch.cat([at(f"self_attn.{x}_proj") for x in "qkv"]))
            layer.out.weight.copy_(at("self_attn.o_proj"))
            layer.gate_up.weight.copy_(torch.cat([at("mlp.gate_proj"), at("mlp.up_proj")]))
            layer.down.weight.copy_(at("mlp.down_proj"))


torch.manual_seed(0)
model = Llama()
model.load(safetensors(folder / "model.safetensors"))
optimizer = None


def train(request):
    global optimizer
    tokens, o = torch.tensor(request["tokens"]), request["optimizer"]
    optimizer = optimizer or torch.optim.AdamW(
        model.parameters(), lr=o["learningRate"], betas=(o["beta1"], o["beta2"]), eps=o["epsilon"], weight_decay=o["weightDecay"]
    )
    causal = lambda i, q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True)
    start = time.perf_counter()
    optimizer.zero_grad()
    logits = model.logits(model(tokens[:, :-1], 0, causal)[:, request["prompt"] - 1 :])
    loss = F.cross_entropy(logits.flatten(0, 1), tokens[:, request["prompt"] :].flatten())
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), o["maxGradNorm"])
    optimizer.step()
    return {"seconds": time.perf_counter() - start, "loss": loss.item()}


@torch.inference_mode()
def sample(request):
    prompts, new, samples = torch.tensor(request["prompts"]), request["new"], request["samples"]
    start, shared = time.perf_counter(), request["prefill"] == "prompts"
    # Every row reads its own prompt, or each prompt is read once and its keys and values are copied to its rows.
    tokens = prompts if shared else prompts.repeat_interleave(samples, 0)
    rows, length = len(prompts) * samples, prompts.shape[1]
    keys = torch.empty(LAYERS, rows, HEADS, length + new, SIZE)
    values = torch.empty_like(keys)
    drawn, at = torch.empty(rows, new, dtype=torch.long), 0
    logprobs = torch.empty(rows, new)
    for step in range(new):
        end = at + tokens.shape[1]

        def attend(i, q, k, v):
            copies = rows // len(k)
            keys[i, :, :, at:end] = k.repeat_interleave(copies, 0) if copies > 1 else k
            values[i, :, :, at:end] = v.repeat_interleave(copies, 0) if copies > 1 else v
            if at == 0:
                return F.scaled_dot_product_attention(q, k, v, is_causal=True)
            return F.scaled_dot_product_attention(q, keys[i, :, :, :end], values[i, :, :, :end])

        logp = F.log_softmax(model.logits(model(tokens, at, attend)[:, -1]), -1)
        if len(logp) < rows:
            logp = logp.repeat_interleave(samples, 0)
        tokens = torch.multinomial(logp.exp(), 1)
        drawn[:, step], logprobs[:, step] = tokens[:, 0], logp.gather(1, tokens)[:, 0]
        at = end
    return {"seconds": time.perf_counter() - start, "logprob": logprobs.mean().item()}


rounds = {"train": train, "sample": sample}
serve(f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads", lambda request: rounds[request["do"]](request))
