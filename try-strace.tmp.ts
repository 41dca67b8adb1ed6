import { spawn } from 'node:child_process';
import { startLightbox } from '#tests/running-lightbox.ts';
import { connectExchange, store } from '#dicom/dimse/requests.ts';
import { smallInstance, secondaryCapture } from '#tests/dataset-bytes.ts';
import { uid } from '#dicom/data/uid.ts';
const dataDir = process.argv[2]!;
const settings={ADMIN_PASSWORD:'test-password-1',ROLES:'archive'};
await (await startLightbox({dataDir,settings})).stop();
const t=Date.now();
process.on('exit',()=>console.log(Date.now()-t));
const real=process.execPath;
Object.defineProperty(process,'execPath',{value:'/usr/bin/strace'});
const l=await startLightbox({dataDir,settings,entry:['-f','--seccomp-bpf','-qq','-yy','-s','1000000','-e','trace=openat,write,writev,pwrite64,pwritev,sendmsg,sendto,fsync,fdatasync,unlink,rename','-e','signal=none','-o','/tmp/lb/trace.txt',real,'lightbox.ts','start']});
console.log('up',Date.now()-t);
const x=await connectExchange({host:'127.0.0.1',port:Number(l.dicom.split(':')[1]),callingAETitle:'A',calledAETitle:'LIGHTBOX',contexts:[{abstractSyntax:uid(secondaryCapture),transferSyntaxes:[uid('1.2.840.10008.1.2.1')]}]});
for(let i=0;i<5;i++){ const t0=Date.now(); console.log(await store(x,{sopClassUID:uid(secondaryCapture),sopInstanceUID:uid('1.2.3.4.5.77700'+i),transferSyntaxUID:uid('1.2.840.10008.1.2.1'),dataset:[smallInstance({instance:'1.2.3.4.5.77700'+i})]}),Date.now()-t0);}
await x.release();
console.log(await l.stop());
