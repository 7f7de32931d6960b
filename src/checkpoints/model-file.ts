/** Reading the files of a model folder: one that is missing, a pointer to the real one, and one that is no JSON are told apart. */
import { existsSync } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { SoarError } from '../errors.js';

/** @throws SoarError MODEL_MISSING, MODEL_LFS_POINTER, MODEL_CONFIG */
export async function readModelJson(path: string): Promise<unknown> {
  const json = await readModelJsonIfThere(path);
  if (json === undefined) throw unreadable(path, 'ENOENT');
  return json;
}

/** undefined where there is no such file. @throws SoarError MODEL_MISSING, MODEL_LFS_POINTER, MODEL_CONFIG */
export async function readModelJsonIfThere(path: string): Promise<unknown> {
  const text = await readModelTextIfThere(path);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SoarError('MODEL_CONFIG', `not JSON: ${(cause as Error).message}`, {
      where: path,
      remedy: 'copy or download the file again',
      cause,
    });
  }
}

/** @throws SoarError MODEL_MISSING, MODEL_LFS_POINTER */
export async function readModelText(path: string): Promise<string> {
  const text = await readModelTextIfThere(path);
  if (text === undefined) throw unreadable(path, 'ENOENT');
  return text;
}

/** undefined where there is no such file. @throws SoarError MODEL_MISSING, MODEL_LFS_POINTER */
export async function readModelTextIfThere(path: string): Promise<string | undefined> {
  let text: string;
  try {
    text = new TextDecoder().decode(await readFile(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw modelFileError(path, error);
  }
  if (text.startsWith(pointerStart)) throw pointer(path);
  return text;
}

/** For files too large to be read whole. @throws SoarError MODEL_MISSING, MODEL_LFS_POINTER */
export async function refusePointer(path: string): Promise<void> {
  const start = new Uint8Array(pointerStart.length);
  try {
    const file = await open(path);
    try {
      await file.read(start);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw modelFileError(path, error);
  }
  if (new TextDecoder('latin1').decode(start) === pointerStart) throw pointer(path);
}

/** A coded error for what the operating system refused; anything else comes back as it is. */
export function modelFileError(path: string, error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  return error instanceof SoarError || code === undefined ? error : unreadable(path, code, error);
}

/** A model is a folder that is there. @throws SoarError MODEL_MISSING, MODEL_LFS_POINTER */
export async function refuseNoFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch((error) => {
    if (error.code !== 'ENOENT') throw modelFileError(folder, error);
  });
  if (found?.isDirectory()) return;
  if (found) await refusePointer(folder);
  throw new SoarError('MODEL_MISSING', found ? 'the model is a file, not a folder' : 'there is no such model folder', {
    where: folder,
    remedy: `${wholeFolder}, or a name on the hub: hf:<org>/<name>[@revision]`,
  });
}

const unreadable = (path: string, code: string, cause?: unknown) =>
  new SoarError('MODEL_MISSING', `${path} cannot be read (${code})`, {
    where: dirname(path),
    remedy: (code === 'ENOENT' && otherForm(path)) || wholeFolder,
    cause,
  });

const wholeFolder = 'give a folder in Hugging Face form: config.json, tokenizer.json, model.safetensors';

/** What to do where the same lies there in an older form. */
function otherForm(path: string): string | undefined {
  const there = (...names: readonly string[]) => names.find((name) => existsSync(join(dirname(path), name)));
  const older =
    basename(path) === 'tokenizer.json'
      ? there('tokenizer.model', 'vocab.json')
      : basename(path) === 'model.safetensors'
        ? there('pytorch_model.bin', 'pytorch_model.bin.index.json', 'consolidated.00.pth')
        : undefined;
  return (
    older && `${older} is there: load the folder with transformers and save it again, which writes ${basename(path)}`
  );
}

/** https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md */
const pointerStart = 'version https://git-lfs';

const pointer = (path: string) =>
  new SoarError('MODEL_LFS_POINTER', 'this is a Git LFS pointer, not the file itself', {
    where: path,
    remedy: 'fetch the real file: git lfs pull',
  });
