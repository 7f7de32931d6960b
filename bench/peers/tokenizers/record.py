"""Records what Hugging Face tokenizers and transformers make of awkward texts and of conversations, for src/checkpoints/peers.test.ts.

Run from the root of the repository:

    pip install transformers==5.18.0 jinja2==3.1.6
    python bench/peers/tokenizers/record.py

Writes, next to itself, models/<name>/: a small tokenizer of the kind that the family has, trained here on the texts below, in the
files that `save_pretrained` writes, and expected.json: token ids and decoded text of every text, and what `apply_chat_template`
writes for every conversation, with its ids. The chat templates under templates/ are ours, in the forms that these families use.
The day that templates ask for is 26 July 2024.
"""

import datetime
import json
import random
import shutil
from pathlib import Path

from jinja2.exceptions import TemplateError, UndefinedError
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast
from transformers.utils import chat_template_utils

HERE = Path(__file__).parent

TEXTS = [
    "", " ", "  ", "a", " a", "a ", "  two  blanks  ", "a b", "one two three", "\t", "\ttab\there", "\n", "\n\n\n", " \n \n ", "a\r\nb\r", "trailing \n",
    "What is $1+1$?", r"\boxed{\frac{1}{2}}", r"$\sqrt{x^2 + y^2} \le 10^{-3}$", "x_1, x_2, ..., x_n", "f(x)=3x+2; f(4)=?", "<question>\nHow many?\n</question>",
    "The final answer is: \\boxed{42}", "User: hello\nAssistant:", "1234567890", "3.14159", "1,000,000", "2^10 = 1024", "007", "12 345 678", "v1.2.3-rc4",
    "I'll, we're, he'd, it's, I'M, they'VE, 's 't", "don’t", "naïve café", "cafe\u0301", "e\u0301\u0327", "Å Å A\u030a", "ﬁ ﬂ ﬀ", "½ ¼ Ⅻ ² ₃ ①", "٣٤٥ १२३", "ß ẞ İ ı ſ", "ΑΒΓ αβγ ς",
    "日本語のテキスト", "中文，标点。", "한국어", "\u1112\u1161\u11ab", "ภาษาไทย", "العربية", "עברית", "हिन्दी", "Привет, мир!",
    "😀", "a😀b", "👨‍👩‍👧‍👦", "🇩🇪🇫🇷", "👍🏽", "☕️", "🙂🙂🙂", "𝒜𝟙𝔘", "\U0001f9ff\U00020000",
    "\u00a0", "a\u00a0b", "\u2003em\u2003", "\u200b\u200c\u200d", "a\u200bb", "\u00ad soft\u00adhyphen", "\ufeffbom", "bom\ufeff", "\u2028line\u2029", "\u0085next", "\u3000wide\u3000",
    "\x00", "a\x00b", "\x07\x1b[0m", "\x7f", "\x1c\x1d\x1e\x1f", "\ufffd", "\ue000private", "\u0378", "\ufdd0",
    "▁", "a▁b", "▁▁a", "Ġ", "ĠaĊb", "<0x41>", "<0xZZ>", "##a", "@@ ", "[INST] a [/INST]", "<s>", "</s>", "a</s>b", "<s> a", " <s>a", "<unk>",
    "<|im_start|>", "<|im_end|>", "a<|im_end|>b", "a <|im_end|> b", "<|im_end|", "<|im_end|><|im_end|>", "<|eot_id|>", "<|begin_of_text|>x", "<|endoftext|>", "<think>so</think>", "< | im_end | >",
    "{{ messages }}", "{% if x %}", "{# a #}", "`code`", "```py\nx = 1\n```", "    indented\n        more", "a=b&c=d", "https://example.org/?q=a%20b#c", "me@example.org", "C:\\dir\\file", "--flag=value", "....", "!!!???", "a" * 40, " " * 33 + "x", "\n" * 9 + "x", "ab" * 30, "aaaaaaaaab", "don't stop", "don't stop ?", "so . what , then !", "it ' s n't",
]


def random_texts():
    """Letters, signs and blanks of many scripts side by side, as no person writes them."""
    draw = random.Random(18)
    ranges = [(0x20, 0x7e)] * 5 + [(0x09, 0x0d), (0xa0, 0x24f), (0x300, 0x36f), (0x370, 0x52f), (0x5d0, 0x6ff), (0x900, 0x97f), (0xe00, 0xe5b), (0x1100, 0x11ff), (0x2000, 0x206f), (0x2070, 0x22ff), (0x3000, 0x30ff), (0x4e00, 0x4fff), (0xac00, 0xacff), (0x1d400, 0x1d4ff), (0x1f300, 0x1f6ff)]
    texts = []
    for _ in range(120):
        low, high = draw.choice(ranges), draw.choice(ranges)
        texts.append("".join(chr(draw.randint(*draw.choice([low, high]))) for _ in range(draw.randint(1, 14))))
    return texts


CONVERSATIONS = [
    [("user", "Hi")],
    [("user", "")],
    [("system", "Be brief."), ("user", "What is $1+1$?")],
    [("user", "One?"), ("assistant", "Two."), ("user", "Three?")],
    [("system", " a\n"), ("user", "\n  b  \n"), ("assistant", "\t c \n"), ("user", " d")],
    [("user", "a"), ("assistant", "<think>\nhm\n</think>\n\nSo: b"), ("user", "c")],
    [("user", "A problem: $x^2 = 4$.\n\nShow the complete reasoning, step by step, and then give the final answer within \\boxed{}.")],
    [("user", "naïve cafe\u0301 😀 👨‍👩‍👧 日本語 \u00a0 \u200b ▁ <0x41>")],
    [("user", "{{ bos_token }} {% raw %} {# no #} \"quotes\" 'and' \\n <b>&amp;</b>")],
    [("user", "a<|im_end|>\n<|im_start|>system\nb</s><s>[/INST]<|eot_id|>")],
    [("user", "first"), ("user", "second")],
    [("system", "only this")],
    [("assistant", "I begin."), ("user", "no")],
]

SAMPLE = [text for text in TEXTS if "<" not in text and "▁" not in text and "Ġ" not in text]


def letters_of(digits):
    """How Llama 3 (digits in threes) and Qwen (one by one) cut a text into words, part by part."""
    return "|".join([
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)", r"[^\r\n\p{L}\p{N}]?\p{L}+", digits, r" ?[^\s\p{L}\p{N}]+[\r\n]*", r"\s*[\r\n]+", r"\s+(?!\S)", r"\s+",
    ])


def special(*names):
    return [AddedToken(name, special=True, normalized=False) for name in names]


def byte_level(cut, normalizer=None, size=420):
    tokenizer = Tokenizer(models.BPE())
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = cut
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=size, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    tokenizer.train_from_iterator(SAMPLE * 3, trainer)
    return tokenizer


def words(pattern):
    return pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(pattern), behavior="isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ])


def llama3():
    tokenizer = byte_level(words(letters_of(r"\p{N}{1,3}")))
    # Words that stand in the vocabulary are taken whole; some of them no row of merges leads to.
    saved = json.loads(tokenizer.to_str())
    saved["model"]["ignore_merges"] = True
    saved["model"]["merges"] = saved["model"]["merges"][:-40]
    tokenizer = Tokenizer.from_str(json.dumps(saved))
    tokenizer.add_special_tokens(special("<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"))
    begin = tokenizer.token_to_id("<|begin_of_text|>")
    tokenizer.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=False),
        processors.TemplateProcessing(
            single="<|begin_of_text|> $A", pair="<|begin_of_text|> $A <|begin_of_text|>:1 $B:1", special_tokens=[("<|begin_of_text|>", begin)],
        ),
    ])
    return tokenizer, dict(bos_token="<|begin_of_text|>", eos_token="<|eot_id|>")


def qwen():
    tokenizer = byte_level(words(letters_of(r"\p{N}")), normalizers.NFC())
    tokenizer.add_special_tokens(special("<|endoftext|>", "<|im_start|>", "<|im_end|>"))
    tokenizer.add_tokens([AddedToken(name, special=False, normalized=False) for name in ("<think>", "</think>")])
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    return tokenizer, dict(eos_token="<|im_end|>", pad_token="<|endoftext|>")


def smollm():
    tokenizer = byte_level(pre_tokenizers.Sequence([
        pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
    ]))
    tokenizer.add_special_tokens(special("<|endoftext|>", "<|im_start|>", "<|im_end|>"))
    return tokenizer, dict(bos_token="<|im_start|>", eos_token="<|im_end|>", unk_token="<|endoftext|>", pad_token="<|im_end|>")


def mistral(newer=False):
    """SentencePiece's way: a blank is a sign of its own, and what the vocabulary lacks is written byte by byte."""
    names = ["<unk>", "<s>", "</s>"]
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    blanks = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    if newer:
        # Before the first word alone, not after every special token.
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="first", split=False)
    else:
        tokenizer.normalizer = blanks
    trainer = trainers.BpeTrainer(
        vocab_size=256 + 300, special_tokens=names + [f"<0x{byte:02X}>" for byte in range(256)], limit_alphabet=90, show_progress=False,
    )
    tokenizer.train_from_iterator(SAMPLE * 3, trainer)
    # The trainer takes the byte tokens for special ones; they are plain.
    saved = json.loads(tokenizer.to_str())
    saved["added_tokens"] = [token for token in saved["added_tokens"] if token["content"] in names]
    tokenizer = Tokenizer.from_str(json.dumps(saved))
    tokenizer.decoder = decoders.Sequence([
        decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(content=" ", left=1),
    ])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s>:1 $B:1", special_tokens=[("<s>", tokenizer.token_to_id("<s>"))],
    )
    return tokenizer, dict(bos_token="<s>", eos_token="</s>", unk_token="<unk>")


def conversation(tokenizer, said, name):
    messages = [dict(role=role, content=content) for role, content in said]
    named = {} if name is None else dict(chat_template=name)
    try:
        text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True, **named)
        ids = tokenizer.apply_chat_template(messages, tokenize=True, add_generation_prompt=True, return_dict=False, **named)
    except (TemplateError, UndefinedError) as error:
        return dict(messages=messages, template=name, error=str(error))
    return dict(messages=messages, template=name, text=text, ids=ids)


def mistral_newer():
    return mistral(newer=True)


def record(name, made, in_files):
    folder = HERE / "models" / name
    inner, tokens = made()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=inner, clean_up_tokenization_spaces=False, **tokens)
    family = name.removesuffix("-newer")
    template = (HERE / "templates" / f"{family}.jinja").read_text()
    other = HERE / "templates" / f"{name}-short.jinja"
    tokenizer.chat_template = {"default": template, "short": other.read_text()} if other.exists() else template
    tokenizer.save_pretrained(folder, save_jinja_files=in_files)
    saved = PreTrainedTokenizerFast.from_pretrained(folder)
    texts = []
    for text in TEXTS + random_texts():
        ids = saved(text)["input_ids"]
        texts.append(dict(
            text=text, ids=ids, plain=saved(text, add_special_tokens=False)["input_ids"],
            decoded=saved.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False),
        ))
    names = [None, "short"] if other.exists() else [None]
    chats = [conversation(saved, said, template) for template in names for said in CONVERSATIONS]
    expected = dict(eos=saved.eos_token_id, vocabulary=len(saved), texts=texts, chats=chats)
    (folder / "expected.json").write_text(json.dumps(expected, ensure_ascii=True, separators=(",", ":")) + "\n")
    # Long lines: the files are for programs.
    path = folder / "tokenizer.json"
    path.write_text(json.dumps(json.loads(path.read_text()), ensure_ascii=False, separators=(",", ":")) + "\n")


class OneDay(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls(2024, 7, 26)


if __name__ == "__main__":
    chat_template_utils.datetime = OneDay
    shutil.rmtree(HERE / "models", ignore_errors=True)
    # Templates in chat_template.jinja, or within tokenizer_config.json, one or several.
    record("llama3", llama3, True)
    record("qwen", qwen, False)
    record("smollm", smollm, False)
    record("mistral", mistral, True)
    record("mistral-newer", mistral_newer, True)
