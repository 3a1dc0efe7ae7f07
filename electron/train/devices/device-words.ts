import type { ComputeDevice } from '../../engine/index.ts'

/** What each device is called, what it is, and what it takes. */
export const deviceWords: Readonly<Record<ComputeDevice, { title: string; description: string; needs: string }>> = {
  cpu: {
    title: 'Processor',
    description: 'The others are held against it.',
    needs: 'It needs the compute library ONNX Runtime, which comes with Fleuron.',
  },
  webgpu: {
    title: 'Graphics (WebGPU)',
    description: 'A graphics processor of any maker, through Vulkan, Direct3D 12 or Metal.',
    needs: 'It needs a graphics processor with a current driver (on Linux, Vulkan).',
  },
  dml: {
    title: 'Graphics (DirectML)',
    description: 'A graphics processor of any maker under Windows, through Direct3D 12.',
    needs: 'It needs Windows and a graphics processor that knows Direct3D 12.',
  },
  coreml: {
    title: 'Apple chip (Core ML)',
    description: 'Graphics processor and neural engine of a Mac; what they cannot do is left to the processor.',
    needs: 'It needs a Mac with an Apple chip.',
  },
  cuda: {
    title: 'Nvidia graphics (CUDA)',
    description: 'A graphics processor of Nvidia’s.',
    needs:
      'It needs a graphics processor of Nvidia’s, and the CUDA libraries of onnxruntime-node beside it, which Fleuron does not bring.',
  },
  tensorflow: {
    title: 'Nvidia graphics (TensorFlow)',
    description: 'A graphics processor of Nvidia’s, through TensorFlow 2.9 and CUDA 11 where they are installed.',
    needs: 'It needs the package @tensorflow/tfjs-node-gpu, Linux or Windows on x64, and CUDA 11.',
  },
}
