import { fromVault } from "leasekey";
const v = fromVault({role:"orders"}); const t=performance.now();
v.on("event", e=>console.log((performance.now()-t|0), String(e).slice(0,150)));
await v(); console.log(performance.now()-t|0,"first"); const r = await v.refresh(); console.log(performance.now()-t|0,"second", r.accessKeyId);
await new Promise(r=>setTimeout(r,500)); await v.close();
