import { checkBlocks, textLength } from './block-limits.ts';
import { isObject, type JsonObject } from './json.ts';
import { refuseFaults, SlackRefusal } from './slack-refusal.ts';
import { faultsOf } from './text-limits.ts';

/** Slack cuts longer texts off without a word; the stand-in refuses, because a cut text is a defect. */
export const POST_TEXT_LIMIT = 40_000;
/** `chat.update` refuses longer texts. */
export const UPDATE_TEXT_LIMIT = 4_000;
const BLOCKS_TEXT_LIMIT = 12_000;
const METADATA_BYTES = 8 * 1024;

/**
 * Limits of a message's text and blocks (reference §1.8).
 * @throws SlackRefusal `no_text`, `msg_too_long`, `invalid_blocks_format`, `invalid_blocks`, `msg_blocks_too_long`.
 */
export function requireContent(content: JsonObject, textLimit: number): void {
  const { text, blocks } = content;
  const hasBlocks = Array.isArray(blocks) && blocks.length > 0;
  if ((typeof text !== 'string' || text === '') && !hasBlocks) throw new SlackRefusal('no_text');
  if (typeof text === 'string' && text.length > textLimit) throw new SlackRefusal('msg_too_long');
  if (blocks === undefined) return;
  if (!Array.isArray(blocks)) throw new SlackRefusal('invalid_blocks_format');
  refuseFaults(
    'invalid_blocks',
    faultsOf((report) => checkBlocks(blocks, 50, '', report)),
  );
  if (textLength(blocks) >= BLOCKS_TEXT_LIMIT) throw new SlackRefusal('msg_blocks_too_long');
}

/**
 * Message metadata: `{event_type, event_payload}`, values flat, under 8 KB (reference §1.8).
 * @throws SlackRefusal `invalid_metadata_format`, `invalid_metadata_schema`, `metadata_too_large`.
 */
export function requireMetadata(metadata: unknown): JsonObject {
  if (!isObject(metadata) || typeof metadata.event_type !== 'string' || !isObject(metadata.event_payload)) {
    throw new SlackRefusal('invalid_metadata_format');
  }
  if (!Object.values(metadata.event_payload).every(isFlat)) throw new SlackRefusal('invalid_metadata_schema');
  if (Buffer.byteLength(JSON.stringify(metadata)) > METADATA_BYTES)
    throw new SlackRefusal('metadata_too_large');
  return metadata;
}

function isFlat(value: unknown): boolean {
  return (
    isScalar(value) || isFlatObject(value) || (Array.isArray(value) && value.every(isScalarOrFlatObject))
  );
}

function isScalarOrFlatObject(value: unknown): boolean {
  return isScalar(value) || isFlatObject(value);
}

function isFlatObject(value: unknown): boolean {
  return isObject(value) && Object.values(value).every(isScalar);
}

function isScalar(value: unknown): boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}
