// Stands in for what vtk.js registers to draw by WebGPU: Cornerstone asks it for WebGL.
export {};
