import { testTimeOf } from '../../shared/policy.ts'
import type { ModelCard } from '../train/model/model-folder.ts'

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`
/** For a table's cell in Markdown. */
const plain = (text: string): string => text.replace(/[\\`*_{}[\]<>|#]/g, '\\$&').replace(/\s+/g, ' ')

/** The model's card for people, in Markdown: what it knows, how good it is, and where it comes from. */
export function modelCardText(card: ModelCard): string {
  const { data, metrics, settings } = card
  const measured = (['validation', 'test'] as const).flatMap((split) => {
    const found = metrics[split]
    if (found === null) return []
    const { photos, accuracy, interval, loss } = found
    return [
      `| ${split} | ${photos} | ${percent(accuracy)} | ${interval.map(percent).join(' to ')} | ${loss.toFixed(4)} |`,
    ]
  })
  const rows = data.perClass.map(
    ({ class: name, photos }) => `| ${plain(name)} | ${photos.train} | ${photos.validation} | ${photos.test} |`,
  )
  return `# ${plain(data.project)}, run ${card.run.number}

${card.model}, ${settings.mode === 'scratch' ? 'from scratch' : settings.mode}, ${card.parameters.toLocaleString('en')} parameters; best epoch ${card.bestEpoch}.

| photos of | photos | accuracy | 95 % interval | loss |
| --- | ---: | ---: | --- | ---: |
${measured.join('\n')}

${plain(card.rejector.sentence)}

## Photos

| class | training | validation | test |
| --- | ---: | ---: | ---: |
${rows.join('\n')}

Fingerprint of photos, labels and splits: \`${data.fingerprint}\`

## Made with

Fleuron ${card.versions.fleuron}, ONNX Runtime ${card.versions.onnxruntime}, Node ${card.versions.node}, on ${plain(card.device.name)} (${card.device.threads} threads), in ${card.seconds.toFixed(0)} s${card.weights === null ? '' : `; pretrained weights ${plain(card.weights.file)} (${card.weights.hash.slice(0, 12)})`}.

The input \`image\` is float32 [N, 3, ${settings.imageSize}, ${settings.imageSize}], red, green, blue in 0 … 1; normalisation and calibration are inside.${testTimeOf(settings.augmentation) === 'none' ? '' : ' So is test-time augmentation: each photo is looked at as it is and mirrored, and logits and features are the means of both.'} What the outputs mean, and the settings, are in \`model/card.json\` and \`settings.json\`.
`
}
