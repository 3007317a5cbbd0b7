"""Words that identify nobody, for the verifier; written apart from the list of the removal."""

from __future__ import annotations

_WORDS = """
    abd abdomen abdominal acute adc after angio angiography ankle anon anterior ap apical art arterial asir axial b0
    b1000 basal base before bilateral bladder blood body bone boneplus bones both brain breast breath bronchial
    bspline calf cardiac carotid cav cervical chest chestabdomen chronic chst cine clavicle coil colon contrast
    control cor coronal coronary cr cranial cspine ct cta ctpa de decubitus delayed dense detail diffusion dose dwi
    dx dynamic ear early ecg echo edge elbow enhanced epi erect expiration extremity eye face fat femur ffe finger
    first flair flash follow foot for frontal full gated gre hand hd head headneck heart high hip hold hr hrct
    humerus insp inspiration iodine iv jaw kernel kidney knee kub kv large larynx lat late lateral left leg limb
    limited liver localizer long lordotic low lower lspine lumbar lung lungs mammo mandible mask maxilla mean
    mediastinal mediastinum medium mg mip mm mouth mpr mr mra multi native nc neck nm no non nose oblique of op oral
    orbit ot pa pancreas parenchyma part pe pelvic pelvis perfusion pharynx phase plain planning plus portal post
    posterior pre prone prostate protocol pt pulmonary quick rapid recon reconstruction rectum reformat region renal
    resp rest rf rib right routine sag sagittal sc scan scapula scout screen screening second seg sequence series
    sharp short shoulder side single skull slab slice small soft spin spine spiral spleen standard standing sternum
    stir stress study sub supine survey swi t1 t1w t2 t2w tap testis the thick thigh thin thoracic thorax thumb
    thyroid tissue toe tongue topogram total tra trachea transverse trauma tse tspine ultra ultrasound unenhanced
    upper us uterus vascular vein venous vessel view vol volume wall water wb weighted whole wholebody window with
    without wo wrist xa xray 0 1 10 2 20 25 3 4 5 6 7 8 9
"""
COMMON = frozenset(_WORDS.split())
