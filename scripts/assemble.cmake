# cmake -DPTXAS=… -DCHIP=… -DFROM=… -DTO=… -DLOG=… -P assemble.cmake: a chip's code from PTX, and beside it what ptxas says of each kernel
# (`npm run kernels` reads that, so that nothing is assembled a second time).
execute_process(COMMAND ${PTXAS} -v -arch=sm_${CHIP} -o ${TO} ${FROM} ERROR_VARIABLE said RESULT_VARIABLE failed)
if(failed)
  message(FATAL_ERROR "${said}")
endif()
file(WRITE ${LOG} "${said}")
