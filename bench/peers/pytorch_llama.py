"""The peer of `training-step` and `sampling`: the same Llama by hand in PyTorch, default threading.

Reads one command a line on standard input ("train" or "sample"), does one round, answers one JSON line with the seconds.
"""
import json
import sys
import time

import torch
import torch.nn.functional as F

D, LAYERS, HEADS, FF, VOCAB, CONTEXT = 256, 4, 4, 688, 64, 128
SIZE = D // HEADS
torch.manual_seed(0)


class Norm(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(D))

    def forward(self, x):
        return F.rms_norm(x, (D,), self.weight, 1e-5)


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
        self.embed = torch.nn.Embedding(VOCAB, D)
        self.layers = torch.nn.ModuleList(Layer() for _ in range(LAYERS))
        self.norm = Norm()
        angles = torch.arange(CONTEXT)[:, None] * 10000.0 ** (-torch.arange(0, SIZE, 2) / SIZE)
        angles = torch.cat((angles, angles), -1)
        self.register_buffer("cos", angles.cos())
        self.register_buffer("sin", angles.sin())

    def forward(self, tokens, start, attend):
        x, end = self.embed(tokens), start + tokens.shape[1]
        for i, layer in enumerate(self.layers):
            x = layer(x, self.cos[start:end], self.sin[start:end], lambda q, k, v, i=i: attend(i, q, k, v))
        return F.linear(self.norm(x), self.embed.weight)


model = Llama()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
causal = lambda i, q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True)


def train():
    tokens = torch.randint(VOCAB, (64, 128))
    start = time.perf_counter()
    optimizer.zero_grad()
    loss = F.cross_entropy(model(tokens[:, :-1], 0, causal).flatten(0, 1), tokens[:, 1:].flatten())
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    return time.perf_counter() - start


@torch.inference_mode()
def sample(batch=256, prompt=32, new=96):
    tokens = torch.randint(VOCAB, (16, prompt)).repeat_interleave(batch // 16, 0)
    keys = torch.empty(LAYERS, batch, HEADS, prompt + new, SIZE)
    values = torch.empty_like(keys)
    start, at = time.perf_counter(), 0
    for _ in range(new):
        end = at + tokens.shape[1]

        def attend(i, q, k, v):
            keys[i, :, :, at:end], values[i, :, :, at:end] = k, v
            return F.scaled_dot_product_attention(q, keys[i, :, :, :end], values[i, :, :, :end], is_causal=q.shape[2] > 1)

        logp = F.log_softmax(model(tokens, at, attend)[:, -1], -1)
        tokens = torch.multinomial(logp.exp(), 1)
        logp.gather(1, tokens)
        at = end
    return time.perf_counter() - start


rounds = {"train": train, "sample": sample}
print(json.dumps({"ready": torch.__version__, "threads": torch.get_num_threads()}), flush=True)
for line in sys.stdin:
    print(json.dumps({"seconds": rounds[line.strip()]()}), flush=True)
